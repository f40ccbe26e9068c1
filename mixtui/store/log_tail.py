"""The last lines of a log that a process writes, and those before them, as text that is safe to show."""

from __future__ import annotations

import contextlib
import os
import re
import unicodedata
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from mixtui.errors import MixtuiError

NONE_KEPT = "No output of this run was kept."
MOST_LINES = 10_000  # kept
LONGEST_LINE = 2_000  # characters

_LOOK_BYTES = 2**20  # read at once, at most; a line that is longer is taken for several when it is read from its end
_BLOCK_BYTES = 64 * 1024
_LINE_BYTES = 16 * 1024  # of a line that count: those of the characters shown, and of codes among them
# ECMA-48: control sequences, strings to the terminal (titles, links), other escape sequences; any may be cut short.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]?"
    r"|\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|\x1b[ -/]*[0-~]?"
)
_REMOVED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))  # control, writing direction and such, surrogates, line ends


class LogTail:
    """Follows the log in `path`. `lines` is one stretch of it up to its end: at first the last `count` lines; `look`
    adds to its end and `earlier` to its front, up to `MOST_LINES`. The line that no newline has ended yet is the last.

    A line is what its last carriage return left of it, as of a progress bar, without control characters and escape
    sequences, cut to `LONGEST_LINE`. One thread may look while another uses `lines`.
    """

    def __init__(self, path: Path, count: int = 1000) -> None:
        self.lines: tuple[str, ...] = ()
        self._path = path
        self._count = min(count, MOST_LINES)
        self._inode: int | None = None
        self._begin = self._end = 0  # of the bytes that were read
        self._whole: tuple[str, ...] = ()
        self._has_dropped = False  # lines before `_whole`, since they were too many
        self._unfinished = b""

    @property
    def has_all(self) -> bool:
        """Whether `lines` begins where the log does."""
        return self._begin == 0 and not self._has_dropped

    def look(self) -> bool:
        """Read what was appended; True when `lines` changed. Where that is more than is read at once, or the log was
        cut short or replaced, `lines` begins again with its last lines.

        Raises MixtuiError when the log cannot be read; one that does not exist (yet) has no more to tell.
        """
        with _reading(self._path), FileIO(self._path) as file:
            found = os.fstat(file.fileno())
            if found.st_ino == self._inode and self._end <= found.st_size <= self._end + _LOOK_BYTES:
                self._append(os.pread(file.fileno(), _LOOK_BYTES, self._end))
            else:
                begin, data = _lines_before(file, found.st_size, self._count)
                self._inode, self._begin, self._end = found.st_ino, begin, begin
                self._whole, self._unfinished, self._has_dropped = (), b"", False
                self._append(data)
        return self._show()

    def earlier(self, count: int) -> int:
        """Put up to `count` lines before the first of `lines`: how many, 0 where there are none or no room for more.

        Raises MixtuiError when the log cannot be read.
        """
        known = len(self._whole)
        count = min(count, MOST_LINES - known)
        if count <= 0 or self._begin == 0:
            return 0
        with _reading(self._path), FileIO(self._path) as file:
            self._begin, data = _lines_before(file, self._begin, count)
            self._whole = (*map(_clean, data.removesuffix(b"\n").split(b"\n")), *self._whole)
        self._show()
        return len(self._whole) - known

    def _append(self, data: bytes) -> None:
        self._end += len(data)
        *whole, unfinished = (self._unfinished + data).split(b"\n")
        self._has_dropped |= len(self._whole) + len(whole) > MOST_LINES
        self._whole = (*self._whole, *map(_clean, whole[-MOST_LINES:]))[-MOST_LINES:]
        self._unfinished = _last_state(unfinished)

    def _show(self) -> bool:
        before = self.lines
        self.lines = (*self._whole, _clean(self._unfinished)) if self._unfinished else self._whole
        return self.lines != before


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        pass
    except OSError as error:
        raise MixtuiError(f"{path.name} cannot be read: {error.strerror}.", "Check its permissions.") from None


def _lines_before(file: FileIO, end: int, count: int) -> tuple[int, bytes]:
    """The last `count` whole lines before the byte `end`, and what follows them up to there; first where they begin.

    They are fewer at the beginning of the file, and where they are more than is read at once.
    """
    begin, data = end, b""
    while begin > 0 and len(data) < _LOOK_BYTES and data.count(b"\n") <= count:
        size = min(_BLOCK_BYTES, begin)
        begin -= size
        data = os.pread(file.fileno(), size, begin) + data
    whole = data.split(b"\n")[:-1]
    is_cut = begin > 0 and len(whole) > 1  # the first; an only one is shown even so
    skipped = sum(len(line) + 1 for line in whole[: max(is_cut, len(whole) - count)])
    return begin + skipped, data[skipped:]


def _last_state(line: bytes) -> bytes:
    """What may be shown of `line`, as much as matters for that when more is appended to it."""
    text = line.rstrip(b"\r")
    state = text[text.rfind(b"\r") + 1 :][:_LINE_BYTES]
    return state if len(text) == len(line) else state + b"\r"


def _clean(line: bytes) -> str:
    text = _ESCAPES.sub("", _last_state(line).rstrip(b"\r").decode(errors="replace")).expandtabs()
    if not text.isprintable():
        text = "".join(character for character in text if unicodedata.category(character) not in _REMOVED)
    return text[:LONGEST_LINE]
