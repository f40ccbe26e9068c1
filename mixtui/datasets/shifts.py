"""Test sets other than a run's own: the same images made worse, and other images. What a person may ask for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mixtui.config import IMPORT_PATH
from mixtui.datasets.catalog import CATALOG
from mixtui.datasets.corruptions import CORRUPTIONS, STRENGTHS
from mixtui.datasets.resolve import FOLDER_PREFIX, find_folder
from mixtui.errors import MixtuiError

EVERY_CORRUPTION = "corruptions"
KNOWN = (*CORRUPTIONS, EVERY_CORRUPTION, *CATALOG)


@dataclass(frozen=True)
class Corruption:
    """The run's own test images under a corruption at a strength from 1 to 5."""

    corruption: str
    strength: int

    @property
    def name(self) -> str:
        """What it is called among the recorded test sets, such as `noise-3`."""
        return f"{self.corruption}-{self.strength}"

    @property
    def request(self) -> str:
        """What to ask for to get it, and all strengths with it."""
        return self.corruption


@dataclass(frozen=True)
class OtherSet:
    """The test images of another data set: one of the catalog, an import path, or a folder, which has a location."""

    name: str
    location: Path | None = None

    @property
    def request(self) -> str:
        """What to ask for to get it, in any working folder."""
        return self.name if self.location is None else f"{FOLDER_PREFIX}{self.location}"


Shift = Corruption | OtherSet


def parse_shifts(requests: Iterable[str]) -> list[Shift]:
    """The test sets that a person asks for: `noise`, `blur` or `contrast` at all strengths, `corruptions` for all
    three, a data set of the catalog, `folder:PATH`, `package.module:function`. Each once, in the order asked for.

    Raises MixtuiError for a name that is not known, a folder that is not there, and two folders of one name.
    """
    shifts = list(dict.fromkeys(shift for request in requests for shift in _parse(request)))
    names = [shift.name for shift in shifts]
    for name in names:
        if names.count(name) > 1:
            raise MixtuiError(f"Two of the sets are called {name}.", "Rename one of the folders, or use a link to it.")
    return shifts


def _parse(request: str) -> list[Shift]:
    if request == EVERY_CORRUPTION:
        return [shift for corruption in CORRUPTIONS for shift in _parse(corruption)]
    if request in CORRUPTIONS:
        return [Corruption(request, strength) for strength in STRENGTHS]
    if request.startswith(FOLDER_PREFIX):
        folder = find_folder(request)
        return [OtherSet(FOLDER_PREFIX + folder.name, folder)]
    if IMPORT_PATH.fullmatch(request) or request in CATALOG:
        return [OtherSet(request)]
    near = difflib.get_close_matches(request.lower(), KNOWN, n=1)
    suggestion = f"Did you mean {near[0]}? " if near else ""
    raise MixtuiError(
        f"There is no test set named {request!r}.",
        f"{suggestion}Known are {', '.join(KNOWN)}, and folder:PATH and package.module:function.",
    )
