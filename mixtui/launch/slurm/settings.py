"""What Slurm is told of a run's job: on the command line, in the person's configuration file, in the project's."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import platformdirs

from mixtui.errors import MixtuiError

DEFAULT_TIME = "1:00:00"  # a run that takes longer saves, is queued again, and goes on
PROJECT_FILE = "mixtui.toml"
INSTALL_SUBMITIT = "pip install submitit, or: pipx inject mixtui submitit"
NO_LIMIT = 525_600  # minutes: what Slurm takes 0 for
# What mixtui, or submitit for it, says itself.
_OURS = frozenset("array output error open-mode job-name signal ntasks nodes requeue no-requeue wait parsable".split())
_UNITS = (1, 60, 3600)  # seconds


@dataclass(frozen=True)
class SlurmSettings:
    """`options` are those of sbatch by their long names, such as `partition` or `cpus-per-task`."""

    options: Mapping[str, str] = field(default_factory=dict)
    runs_per_task: int = 1
    at_once: int | None = None  # jobs of one sweep; None for as many as Slurm lets

    def __hash__(self) -> int:
        return hash((tuple(sorted(self.options.items())), self.runs_per_task, self.at_once))

    @property
    def time(self) -> str:
        return self.options.get("time", DEFAULT_TIME)

    @property
    def has_gpu(self) -> bool:
        asked = " ".join(self.options.get(name, "") for name in ("gres", "tres-per-task", "tres-per-node"))
        return "gpu" in asked or any(name.startswith("gpus") for name in self.options)

    @property
    def cpus(self) -> int:
        """CPUs of a job."""
        asked = self.options.get("cpus-per-task", "1")
        return int(asked) if asked.isdecimal() and int(asked) > 0 else 1

    def to_json(self) -> dict[str, Any]:
        return {"options": dict(self.options), "runs_per_task": self.runs_per_task, "at_once": self.at_once}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> SlurmSettings:
        """Raises MixtuiError for values that are none."""
        options = document.get("options", {})
        if not isinstance(options, dict):
            raise MixtuiError(f"The options for Slurm are {options!r}.", "Mend the run's control.json by hand.")
        checked = {_name(str(name)): _value(name, value) for name, value in options.items()}
        at_once = document.get("at_once")
        return cls(
            checked,
            _count("runs_per_task", document.get("runs_per_task", 1)),
            None if at_once is None else _count("at_once", at_once),
        )

    def with_options(self, options: Mapping[str, Any], **counts: int | None) -> SlurmSettings:
        """With more options, which go before these; an empty one takes it away, None leaves it. Raises MixtuiError."""
        checked = {_name(name): _value(name, value) for name, value in options.items() if value is not None}
        merged = {name: value for name, value in {**self.options, **checked}.items() if value}
        given = {name: _count(name, count) for name, count in counts.items() if count is not None}
        return replace(self, options=merged, **given)


def configured_settings() -> SlurmSettings:
    """What `[slurm]` says in the person's `config.toml`, and before that in the `mixtui.toml` of this folder.

    `runs_per_task` and `at_once` are ours there, every other name is an option of sbatch. Raises MixtuiError for a
    file that cannot be read.
    """
    settings = SlurmSettings()
    named = os.environ.get("MIXTUI_CONFIG")
    folder = Path(named).expanduser() if named else platformdirs.user_config_path("mixtui")
    for path in (folder / "config.toml", Path.cwd() / PROJECT_FILE):
        table = _table(path)
        counts = {name: table.pop(name, None) for name in ("runs_per_task", "at_once")}
        try:
            settings = settings.with_options(table, **counts)
        except MixtuiError as error:
            raise MixtuiError(f"{path}, [slurm]: {error.message}", error.hint) from None
    return settings


def _table(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise MixtuiError(f"{path} cannot be read: {error.strerror}.", "Mend it, or move it away.") from None
    except ValueError as error:
        raise MixtuiError(f"{path} is not TOML: {error}.", 'Write NAME = "VALUE", one a line.') from None
    table = document.get("slurm", {})
    if not isinstance(table, dict):
        raise MixtuiError(f"{path}: slurm is not a table.", 'Write [slurm] on a line, and under it NAME = "VALUE".')
    return dict(table)


def parse_option(text: str) -> tuple[str, str]:
    """`key=value` of sbatch. Raises MixtuiError."""
    name, equals, value = text.partition("=")
    if not equals:
        raise MixtuiError(f"--slurm {text!r} has no value.", "Write KEY=VALUE, such as: --slurm mem=8G")
    return _name(name), _value(name, value)


def minutes(time: str) -> int:
    """What Slurm takes a time limit for: MINUTES, M:SS, H:MM:SS, D-H, D-H:MM or D-H:MM:SS; at least one, and a year
    for 0, which is no limit.

    Raises MixtuiError for another text.
    """
    found = re.fullmatch(r"(?:(\d{1,4})-)?(\d{1,6})(?::(\d{1,6}))?(?::(\d{1,6}))?", time.strip())
    if found is None:
        raise MixtuiError(f"{time!r} is no time limit of Slurm's.", "Write H:MM:SS, such as 2:00:00, or D-H:MM:SS.")
    days, *parts = found.groups()
    numbers = [int(part) for part in parts if part is not None]
    if days is not None:  # hours first
        seconds = int(days) * 86400 + sum(n * unit for n, unit in zip(numbers, (3600, 60, 1), strict=False))
    elif len(numbers) == 1:
        seconds = numbers[0] * 60
    else:
        seconds = sum(n * unit for n, unit in zip(reversed(numbers), _UNITS, strict=False))
    return max(1, -(-seconds // 60)) if seconds else NO_LIMIT


def _name(name: str) -> str:
    """An option's long name as sbatch writes it."""
    plain = name.strip().replace("_", "-")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", plain):
        raise MixtuiError(f"sbatch has no option {name!r}.", "Give its long name without dashes: mem=8G")
    if plain in _OURS:
        raise MixtuiError(f"mixtui sets sbatch's {plain} itself.", "Leave it out.")
    return plain


def _value(name: object, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).isprintable():
        raise MixtuiError(f"The value of {name} is {value!r}.", "Write a text or a whole number.")
    text = str(value)
    if name == "time" and text:
        minutes(text)
    return text


def _count(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise MixtuiError(f"{name} is {value!r}.", "Write a whole number, 1 or more.")
    return value
