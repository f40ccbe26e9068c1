"""Small files written whole or not at all, and JSON without NaN."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

import orjson

TAIL_BYTES = 8192  # of a file whose last line is asked for


def plain(value: Any) -> Any:
    """`value` with every float that is not finite replaced by None, since JSON has no NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def encode_json(value: Any, **layout: Any) -> bytes:
    """`value` as JSON in UTF-8, with a newline at its end; `layout` is for `json.dumps`."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, **layout) + "\n"
    # A path that is no UTF-8 has lone surrogates in it, and those become JSON's own escapes: "\udcff".
    return text.encode(errors="backslashreplace")


def write_atomically(path: Path, write: Callable[[BinaryIO], object], *, sync: bool = True) -> None:
    """Let `write` fill a temporary file beside `path`, sync it (unless it may be lost), and rename it into place.

    Where `write` or the file system raises, OSError for one, that goes on to the caller; `path` is as it was, and the
    temporary file gone. After a power cut `path` is the old file or the new one: the folder itself is not synced.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            write(file)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_unfinished(path: Path) -> None:
    """Remove what killed processes left of writing `path`. For its only writer."""
    for temporary in path.parent.glob(f".{path.name}.*.tmp"):
        temporary.unlink(missing_ok=True)


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write `document` to `path`, indented, whole or not at all, with null for a float that is not finite.

    Raises OSError as the file system does, and TypeError for a value that JSON does not have.
    """
    data = encode_json(document, indent=2)
    write_atomically(path, lambda file: file.write(data))


def decode_json(data: bytes) -> Any:
    """The value in `data`, JSON in UTF-8. What `json.loads` takes is taken, in a fraction of its time; whole numbers
    beyond 64 bits are read as floats.

    Raises ValueError, and RecursionError on what is nested too deep.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:  # it refuses NaN, escapes of lone surrogates, and a byte order mark
        return json.loads(data.decode("utf-8-sig"), parse_int=_parse_int)


def _parse_int(digits: str) -> int | float:
    number = int(digits)  # raises ValueError beyond some thousands of digits
    return number if -(2**63) <= number < 2**64 else float(digits)


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in `path`; None where there is no such file.

    Raises ValueError, with the file's name in its text, when the content is not a JSON object.
    """
    try:
        with FileIO(path) as file:
            document = decode_json(file.readall())
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError) as error:
        line = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(f"{path.name} is not JSON{line}") from None
    if not isinstance(document, dict):
        raise ValueError(f"{path.name} is not a JSON object")  # noqa: TRY004 - as for text that is no JSON
    return document


def last_line(path: Path, since: int = 0) -> str | None:
    """The last line that is not blank of what was written to `path` from the byte `since` on; None without one."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(since, end - TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return None
    return next((line.strip()[:500] for line in reversed(lines) if line.strip()), None)
