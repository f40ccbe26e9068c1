"""Studies that have a name: what `mixtui sweep --preset` queues, and of which finished runs come with mixtui."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from mixtui.config import DEFAULT_DATASET
from mixtui.errors import MixtuiError

REFERENCE_ALPHAS: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.7)


@dataclass(frozen=True)
class Preset:
    """The alphas of a study, and the fields of its RunConfigs that differ from the default.

    The runs of it that come with mixtui have its name as their tag.
    """

    name: str
    about: str
    dataset: str = DEFAULT_DATASET
    recipe: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    alphas: tuple[float, ...] = REFERENCE_ALPHAS


PRESETS: Final[Mapping[str, Preset]] = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            Preset("reference", "reference study"),
            Preset("reference-wide", "reference study, wider", recipe=MappingProxyType({"model": "wide_resnet50_2"})),
            Preset("reference-synthetic", "reference study, synthetic", dataset="synthetic"),
        )
    }
)


def find_preset(name: str) -> Preset:
    """Raises MixtuiError for a name that no preset has."""
    try:
        return PRESETS[name]
    except KeyError:
        raise MixtuiError(f"There is no preset {name!r}.", f"Use one of: {', '.join(PRESETS)}.") from None
