"""What the runs of a report were made with, in lines."""

from __future__ import annotations

from mixtui.report.captions import field_text
from mixtui.report.content import Content
from mixtui.report.escape import LONGEST_VALUE
from mixtui.store.study import Value
from mixtui.terminal_text import printable

_NOT_VERSIONS = ("git commit", "processor", "host", "device", "threads")


def made_with_lines(content: Content) -> list[str]:
    """`Versions: torch 2.14.1, …` and the machine; where runs differ in one, every value."""
    values: dict[str, tuple[Value, ...]] = {name: (value,) for name, value in content.made_with.common.items()}
    values |= content.made_with.varying
    known = {name: found for name, found in values.items() if any(value is not None for value in found)}
    versions = [
        f"{printable(name, LONGEST_VALUE)} {_several(found)}"
        for name, found in known.items()
        if name not in _NOT_VERSIONS
    ]
    lines = [f"Versions: {', '.join(versions)}."] if versions else []
    lines += [f"{name[0].upper()}{name[1:]}: {_several(known[name])}." for name in _NOT_VERSIONS if name in known]
    if "git commit" not in known:
        lines.append("Git commit: none was recorded.")
    return lines


def _several(values: tuple[Value, ...]) -> str:
    return " or ".join(map(field_text, values))
