"""Append-only logs of one JSON object a line: a writer, and a reader that follows what is appended.

A line is whole or ignored: a process killed in the middle of a write leaves a torn line, which the next writer
ends with a newline and every reader skips.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from io import FileIO
from pathlib import Path
from typing import Any

from mixtui.store.files import decode_json, encode_json


class JsonlWriter:
    """Appends records to `path`, each batch in one write. Raises OSError as the file system does."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        size = os.fstat(self._file).st_size
        self._torn = bool(size) and os.pread(self._file, 1, size - 1) != b"\n"

    def append(self, records: Iterable[dict[str, Any]]) -> None:
        """Write a line for each of `records`; they may not be on disk before `sync`.

        Raises OSError where not all is written: what was stays, and its torn line is ended by the next call.
        """
        data = b"".join(encode_json(record, separators=(",", ":")) for record in records)
        if self._torn:
            data = b"\n" + data
        self._torn = True
        while data:  # a full disk takes a part; the next write then raises, and the line stays torn
            data = data[os.write(self._file, data) :]
        self._torn = False

    def sync(self) -> None:
        """Bring to disk what was appended."""
        os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)


class JsonlReader:
    """Reads `path` from where the last call ended, so that polling costs only what was appended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read(self) -> list[dict[str, Any]]:
        """The whole records appended since the last call; none where there is no file (yet)."""
        try:
            with FileIO(self._path) as file:
                if os.fstat(file.fileno()).st_size < self._offset:  # cut short or replaced: begin again
                    self._offset = 0
                file.seek(self._offset)
                data = file.readall()
        except FileNotFoundError:
            return []
        whole = data.rfind(b"\n") + 1
        self._offset += whole
        return parse_lines(data[:whole])


def parse_lines(data: bytes) -> list[dict[str, Any]]:
    """The objects in `data`, lines that are no JSON object left out."""
    records = (_parse_line(line) for line in data.split(b"\n") if line)
    return [record for record in records if isinstance(record, dict)]


def _parse_line(line: bytes) -> Any:
    try:
        return decode_json(line)
    except (ValueError, RecursionError):
        return None
