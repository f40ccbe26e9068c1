"""What the slide deck of the reference study (École Polytechnique) reports: one run an alpha, on CIFAR-10."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from mixtui.config import DEFAULTS

ECE_BY_ALPHA: Final[Mapping[float, float]] = MappingProxyType(
    {0.0: 0.19559, 0.1: 0.08888, 0.2: 0.03203, 0.3: 0.03127, 0.4: 0.01761, 0.7: 0.06188}
)
# What tells one run from another, or what the deck does not tell: the number of bins, batch size and epochs.
_FREE = "alpha seed dataset bins batch_size epochs precision device threads dataset_requested".split()
_DATASET = re.compile(r"(folder:)?cifar-?10(?!\d).*", re.IGNORECASE)  # a folder of its images is named after it
_RECIPE = {name: default for name, default in DEFAULTS.items() if name not in _FREE}


def deck_ece(alpha: float, recipe: Mapping[str, Any]) -> float | None:
    """The deck's ECE at `alpha`; None for an alpha that it has not, and for a recipe that is not the deck's.

    `recipe` holds the fields of a RunConfig, whose defaults are the deck's recipe.
    """
    if not _DATASET.fullmatch(str(recipe.get("dataset"))):
        return None
    follows = all(name in recipe and recipe[name] == default for name, default in _RECIPE.items())
    return ECE_BY_ALPHA.get(alpha) if follows else None
