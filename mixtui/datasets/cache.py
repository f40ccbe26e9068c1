"""Decoded data sets on disk: built once, memory-mapped by every process, never modified.

A cache is a folder of `.npy` files and an `info.json`. It is written under a temporary name and renamed
into place, so whoever sees it sees all of it; of several processes that build the same one, the first to
rename wins.
"""

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from mixtui.datasets.arrays import ImageData, Progress, Split
from mixtui.errors import MixtuiError

_VERSION = 1  # of the layout and of how images are decoded
_INFO = "info.json"
_BUILDING = ".building-"
_ABANDONED_AFTER = 24 * 3600  # seconds after which a temporary folder's builder must be dead
_SAMPLES, _SAMPLE_BYTES = 64, 4096


def lookup_key(files: Iterable[tuple[str, int, int]]) -> str:
    """Short hash of the source files' relative paths, sizes (bytes) and modification times (nanoseconds)."""
    return hashlib.sha256(json.dumps([_VERSION, list(files)]).encode()).hexdigest()[:16]


def open_or_build(name: str, key: str, beside: Path, build: Callable[[], ImageData], progress: Progress) -> ImageData:
    """The cached data set `name` of that `lookup_key`; `build` decodes it where there is no sound cache.

    The cache lies in the folder `beside`, or where that cannot be written, in the user's cache folder;
    where neither can be, the result has a warning. Raises MixtuiError when the disk is full, and whatever
    `build` raises.
    """
    roots = (beside / ".mixtui-cache", _user_root(beside))
    for root in roots:
        found = _read(root / f"{name}-{key}")
        if found is not None:
            return found
    data = build()
    progress("caching", 0.0)
    for root in roots:
        try:
            _write(data, root, f"{name}-{key}", source=beside)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise MixtuiError(
                    f"The disk is full: no room for the decoded images in {root}.",
                    f"Free {_megabytes(data):,.0f} MB and try again.",
                ) from error
            continue  # not ours to write: the next place
        progress("caching", 1.0)
        # Another process may be replacing a damaged cache right now; what was just decoded serves as well.
        return _read(root / f"{name}-{key}") or data
    warning = f"Neither {roots[0]} nor {roots[1]} can be written: the images are decoded again every time."
    return replace(data, warnings=(*data.warnings, warning))


def _user_root(beside: Path) -> Path:
    """Away from the data, the path tells data sets of equal names, sizes and times apart."""
    place = hashlib.sha256(os.fsencode(beside.resolve())).hexdigest()[:16]
    return platformdirs.user_cache_path("mixtui") / "decoded" / place


def _arrays(data: ImageData) -> dict[str, NDArray[Any]]:
    return {
        "train_images.npy": data.train.images,
        "train_labels.npy": data.train.labels,
        "test_images.npy": data.test.images,
        "test_labels.npy": data.test.labels,
    }


def _megabytes(data: ImageData) -> float:
    return sum(array.nbytes for array in _arrays(data).values()) / 1e6


def _read(folder: Path) -> ImageData | None:
    """The cache in that folder; None where there is none, or it is damaged."""
    try:
        info = json.loads((folder / _INFO).read_bytes())
        if any(_fingerprint(folder / file) != expected for file, expected in info["files"].items()):
            return None
        train, test = (
            Split(
                np.load(folder / f"{part}_images.npy", mmap_mode="r"),
                np.load(folder / f"{part}_labels.npy", mmap_mode="r"),
            )
            for part in ("train", "test")
        )
        return ImageData(
            name=info["name"],
            key=info["key"],
            classes=tuple(info["classes"]),
            train=train,
            test=test,
            mean=tuple(info["mean"]),
            std=tuple(info["std"]),
            warnings=tuple(info["warnings"]),
        )
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return None


def _write(data: ImageData, root: Path, name: str, source: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(root)
    building = root / f"{_BUILDING}{secrets.token_hex(8)}"
    try:
        building.mkdir()
        for file, array in _arrays(data).items():
            _write_array(building / file, array)
        info = {
            "version": _VERSION,
            "name": data.name,
            "key": data.key,
            "source": str(source),
            "classes": data.classes,
            "mean": data.mean,
            "std": data.std,
            "warnings": data.warnings,
            "files": {file: _fingerprint(building / file) for file in _arrays(data)},
        }
        _write_synced(building / _INFO, json.dumps(info, indent=1).encode())
        _sync_folder(building)
        _put_in_place(building, root / name)
        _sync_folder(root)
    finally:
        shutil.rmtree(building, ignore_errors=True)  # gone already where it was renamed


def _put_in_place(building: Path, target: Path) -> None:
    try:
        building.rename(target)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        if _read(target) is not None:
            return  # another process was faster
        # A damaged cache: out of the way, under a name that is cleared later if this process dies here.
        damaged = target.with_name(f"{_BUILDING}{secrets.token_hex(8)}")
        target.rename(damaged)
        try:
            building.rename(target)
        finally:
            shutil.rmtree(damaged, ignore_errors=True)


def _remove_abandoned(root: Path) -> None:
    for folder in root.glob(f"{_BUILDING}*"):
        with contextlib.suppress(FileNotFoundError):  # whoever owns it may be done with it just now
            if time.time() - folder.stat().st_mtime > _ABANDONED_AFTER:
                shutil.rmtree(folder, ignore_errors=True)


def _write_array(path: Path, array: NDArray[Any]) -> None:
    # np.save would write through C and lose the error number of a full disk.
    array = np.ascontiguousarray(array)
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
        file.write(array.data)
        file.flush()
        os.fsync(file.fileno())


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fingerprint(path: Path) -> str:
    """SHA-256 of the length and of samples from start to end: cheap; finds cut, zeroed and foreign files."""
    with path.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        digest = hashlib.sha256(str(length).encode())
        for offset in np.linspace(0, max(0, length - _SAMPLE_BYTES), _SAMPLES, dtype=np.int64).tolist():
            file.seek(offset)
            digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()
