"""The options with which `mixtui run` and `mixtui sweep` train a recipe again: what they need, every number exact."""

from __future__ import annotations

from collections.abc import Mapping

from mixtui.config import DEFAULTS, INCIDENTAL

_OF_A_POINT = ("alpha", "seed")
_RECIPE = {name: default for name, default in DEFAULTS.items() if name not in (*INCIDENTAL, *_OF_A_POINT)}


def recipe_options(config: Mapping[str, object]) -> list[str]:
    """The options for all of a run's configuration but its alpha, its seed and where it trained."""
    settings = {**config, "dataset": config.get("dataset_requested") or config.get("dataset")}
    return [word for option in options(settings, _RECIPE) for word in option]


def options(settings: Mapping[str, object], defaults: Mapping[str, object]) -> list[list[str]]:
    """The words of each option for what in `settings` differs from `defaults`, in the order of these.

    The data set is named always: only then no other stands in for it.
    """
    values = {name: settings.get(name, default) for name, default in defaults.items()}
    told = (name for name, value in values.items() if value != defaults[name] or name == "dataset")
    return [_option(name, values[name]) for name in told]


def _option(name: str, value: object) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    return [option] if value is True else [option, exact(value)]


def exact(value: object) -> str:
    """A value as a command takes it; a number in as few characters as give it back."""
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)
