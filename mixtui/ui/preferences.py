"""What a person set, in `config.toml` in their configuration folder.

The file is theirs: written by hand, only read here, and an error in it is told with its line. `MIXTUI_CONFIG` names
another folder.
"""

from __future__ import annotations

import difflib
import os
import re
import string
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import platformdirs
from textual.keys import Keys, _character_to_key, key_to_character

from mixtui.errors import MixtuiError
from mixtui.terminal_text import printable
from mixtui.ui.commands import Command, count_together

GlyphSet = Literal["braille", "blocks", "ascii"]

LARGEST_CONFIG = 2**18  # bytes
_LONGEST_LINE = 300  # characters that are looked at for a name
_NAMED_KEYS = {key.value for key in Keys} | {_character_to_key(character) for character in string.printable}


@dataclass(frozen=True)
class Preferences:
    """What a person set."""

    theme: str = "mixtui-dark"
    glyphs: GlyphSet = "braille"
    keys: Mapping[str, str] = field(default_factory=dict)  # by command id: "key,key", as Textual's set_keymap takes it


def load_preferences(
    themes: Collection[str], commands: Mapping[str, Command], glyphs: GlyphSet = "braille"
) -> Preferences:
    """What `config.toml` says, the defaults where it says nothing or is not there.

    `themes` are the names of those that there are, `commands` all of them by id, `glyphs` the set that counts where the
    file names none. Raises MixtuiError for a file that cannot be read; with its line, for an unknown name or value in
    it, and for a key that two commands would have in the same place.
    """
    path = _config_folder() / "config.toml"
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_CONFIG + 1)
    except (FileNotFoundError, NotADirectoryError):
        return Preferences(glyphs=glyphs)
    except OSError as error:
        raise MixtuiError(f"{path} cannot be read: {error.strerror}.", "Mend it, or move it away.") from None
    if len(data) > LARGEST_CONFIG:
        raise MixtuiError(f"{path} is larger than {LARGEST_CONFIG // 1024} KiB.", "Is it another file? Move it away.")
    return _Config(path, data).preferences(themes, commands, glyphs)


class _Config:
    """The content of `config.toml`, and where in it things stand, which tomllib does not tell."""

    def __init__(self, path: Path, data: bytes) -> None:
        self._path = path
        try:
            self._text = data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            where = data[: error.start].count(b"\n") + 1
            raise self._error(where, "is not UTF-8", "Save it as UTF-8.") from None
        try:
            self._document = tomllib.loads(self._text)
        except (ValueError, RecursionError) as error:  # a ValueError alone: a whole number of thousands of digits
            found = re.search(r" \(at (?:line (\d+)|end of document).*", str(error))
            what = "nested too deep" if isinstance(error, RecursionError) else str(error)[: found and found.start()]
            line = int(found[1]) if found and found[1] else self._text.count("\n") + 1 if found else None
            hint = 'Write NAME = "VALUE", one a line; what follows # is a remark.'
            raise self._error(line, f"is not TOML: {_quoted(what, '')}", hint) from None

    def preferences(self, themes: Collection[str], commands: Mapping[str, Command], glyphs: GlyphSet) -> Preferences:
        self._document.pop("slurm", None)  # read where runs are handed to Slurm (launch/slurm/settings.py)
        for name in self._document:
            self._check(name, Preferences.__dataclass_fields__, "setting", self._line_of(name))
        keys = self._document.get("keys", {})
        if not isinstance(keys, dict):
            hint = 'Write [keys] on a line, and under it COMMAND = "key,key".'
            raise self._error(self._line_of("keys"), "keys is not a table", hint)
        for command, value in keys.items():
            self._check(command, commands, "command", self._line_of(command, "keys"))
            self._check_keys(command, value)
        for command in keys:
            self._check_clashes(command, keys, commands)
        settings = {name: value for name, value in self._document.items() if name != "keys"}
        for name, what, choices in (("theme", "theme", themes), ("glyphs", "set of glyphs", get_args(GlyphSet))):
            if name in settings:
                self._check(settings[name], choices, what, self._line_of(name))
        return Preferences(keys=keys, **{"glyphs": glyphs, **settings})

    def _check(self, value: object, known: Iterable[str], what: str, line: int | None) -> None:
        """Refuse `value` where it is none of the `known` names."""
        names = sorted(known)
        if not isinstance(value, str):
            raise self._error(line, f"the {what} is not a text", f"Write it in quotes: {_some(names)}.")
        if value not in names:
            close = difflib.get_close_matches(value[:_LONGEST_LINE].casefold(), names, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"Use one of: {_some(names)}."
            raise self._error(line, f"there is no {what} {_quoted(value)}", hint)

    def _check_keys(self, command: str, value: object) -> None:
        line, hint = self._line_of(command, "keys"), f'Write {command} = "x", or several: "x,ctrl+x,f5".'
        if not isinstance(value, str):
            raise self._error(line, f"the keys of {command} are not a text", hint)
        for key in value.split(","):
            if not _is_key(key.strip()):
                raise self._error(line, f"there is no key {_quoted(key.strip())}", hint)

    def _check_clashes(self, name: str, keys: Mapping[str, str], commands: Mapping[str, Command]) -> None:
        """Refuse a key that another command has at the same time, unless the two come with it."""
        command = commands[name]
        others = [other for other in commands.values() if other != command and count_together(command, other)]
        for key in _keys_of(command, keys) - _names(command.keys):
            if taken := next((other for other in others if key in _keys_of(other, keys)), None):
                what = f"the key {_quoted(key)} of {name} is that of {taken.id} too"
                raise self._error(self._line_of(name, "keys"), what, f"Give {name} or {taken.id} another key.")

    def _line_of(self, name: str, table: str = "") -> int | None:
        """The line on which `name` is set in `table`, as good as can be told; None where it is not found."""
        inside, quoted = "", rf"""(["']?){re.escape(name)}\1"""
        for number, whole in enumerate(self._text.split("\n"), 1):
            line = whole[:_LONGEST_LINE]
            if header := re.match(r"\s*\[+\s*(\S*?)\s*\]", line):
                inside = header[1]
                if not table and re.match(rf"\s*\[+\s*{quoted}\s*[.\]]", line):
                    return number
            if inside == table and re.match(rf"\s*{quoted}\s*[.=]", line):
                return number
        return None

    def _error(self, line: int | None, what: str, hint: str) -> MixtuiError:
        place = f"{self._path}, line {line}" if line else str(self._path)
        return MixtuiError(f"{place}: {what}.", hint)


def _is_key(key: str) -> bool:
    """Whether a key is one that Textual may report: `x`, `slash` or `/`, `f5`, `ctrl+x`."""
    if len(key) == 1:
        return key.isprintable()
    *modifiers, last = key.split("+")
    named = last in _NAMED_KEYS or key_to_character(last) is not None
    return named and set(modifiers) <= {"ctrl", "shift", "alt", "super", "hyper", "meta"}


def _keys_of(command: Command, keys: Mapping[str, str]) -> set[str]:
    return _names(keys[command.id].split(",") if command.id in keys else command.keys)


def _names(keys: Iterable[str]) -> set[str]:
    """By their names, so that `/` is `slash`."""
    return {_character_to_key(key.strip()) if len(key.strip()) == 1 else key.strip() for key in keys}


def _quoted(text: str, quote: str = "'") -> str:
    """`text` on one line, cut where it is long, with a ? for what cannot be shown."""
    return f"{quote}{printable(text, 60)}{quote}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:12]) + (", …" if len(names) > 12 else "")


def _config_folder() -> Path:
    named = os.environ.get("MIXTUI_CONFIG")
    return Path(named).expanduser() if named else platformdirs.user_config_path("mixtui")
