"""Data sets that torchvision reads: downloading their files, and turning them into arrays."""

import gzip
import hashlib
import http.client
import secrets
import shutil
import tarfile
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from torchvision.datasets import CIFAR10, CIFAR100, STL10, SVHN, FashionMNIST

from mixtui.datasets.arrays import ImageData, Progress, Split, image_data
from mixtui.datasets.catalog import DatasetInfo, Source
from mixtui.errors import MixtuiError

_TIMEOUT = 30.0  # seconds without a byte after which a server is given up
_BLOCK = 1 << 18  # bytes


def fetch(info: DatasetInfo, data_dir: Path, progress: Progress) -> None:
    """Download the files of a data set that are not in `data_dir` yet, and check their MD5 sums.

    A file appears under its name only when it is whole and sound. Raises MixtuiError when the download fails,
    breaks off, stalls, or has another checksum than torchvision expects.
    """
    checksums = _checksums(info)
    total = sum(source.size for source in info.sources)
    before = 0
    for source in info.sources:
        if not source.files_present(data_dir):
            report = partial(_report, progress, before, total)
            _download(source.url, data_dir / source.path, checksums[source.path], report)
        before += source.size
    progress("fetching", 1.0)


def decode(info: DatasetInfo, data_dir: Path) -> ImageData:
    """Read a data set whose files are in `data_dir`, unpacking them first where needed.

    Raises MixtuiError when a file is missing or damaged.
    """
    for source in info.sources:
        if source.unpacked and not source.is_unpacked(data_dir):
            _unpack(source, data_dir)
    try:
        train, classes = _READERS[info.name](str(data_dir), True)
        test, _ = _READERS[info.name](str(data_dir), False)
    except Exception as error:  # on damaged files torchvision's readers raise whatever comes first
        read = [file for source in info.sources for file in source.unpacked or (source.path,)]
        names = dict.fromkeys(Path(file).parts[0] for file in read)
        raise MixtuiError(
            f"The files of {info.name} in {data_dir} are damaged: {error}.",
            f"Delete {', '.join(names)} there and try again.",
        ) from error
    return image_data(info.name, classes, train, test)


def _checksums(info: DatasetInfo) -> dict[str, str]:
    """The MD5 sum that torchvision expects of each download, by `Source.path`."""
    fashion_mnist = {f"FashionMNIST/raw/{file}": md5 for file, md5 in FashionMNIST.resources}
    svhn = {file: md5 for _, file, md5 in SVHN.split_list.values()}
    archives = {dataset.filename: dataset.tgz_md5 for dataset in (CIFAR10, CIFAR100, STL10)}
    known = fashion_mnist | svhn | archives
    return {source.path: known[source.path] for source in info.sources}


def _report(progress: Progress, before: int, total: int, received: int) -> None:
    progress("fetching", min(1.0, (before + received) / total))


def _download(url: str, target: Path, md5: str, report: Callable[[int], None]) -> None:
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if _receive(url, part, report) != md5:
                raise MixtuiError(
                    f"{target.name} arrived damaged: its MD5 sum is not {md5}.", "It was removed; try again."
                )
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, http.client.HTTPException) as error:
        raise MixtuiError(
            f"{url} cannot be fetched: {error}.", f"Try again, or put the file at {target} by hand."
        ) from error


def _receive(url: str, part: Path, report: Callable[[int], None]) -> str:
    """Write what `url` answers to the file `part`; returns its MD5 sum."""
    digest = hashlib.md5(usedforsecurity=False)
    request = urllib.request.Request(url, headers={"User-Agent": "mixtui"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as response, part.open("wb") as file:
        expected = int(response.headers.get("Content-Length", 0))
        received = 0
        while block := response.read1(_BLOCK):
            file.write(block)
            digest.update(block)
            received += len(block)
            report(received)
    if received < expected:
        raise ConnectionError(f"the connection broke off after {received} of {expected} bytes")
    return digest.hexdigest()


def _unpack(source: Source, data_dir: Path) -> None:
    """Unpack aside and rename, so that a file is there whole or not at all, whoever else is unpacking."""
    archive = data_dir / source.path
    aside = data_dir / f".unpacking-{secrets.token_hex(4)}"
    try:
        aside.mkdir()
        for file, content in _members(archive, source.unpacked):
            (data_dir / file).parent.mkdir(parents=True, exist_ok=True)
            with (aside / "file").open("wb") as part:
                shutil.copyfileobj(content, part)
            (aside / "file").replace(data_dir / file)
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise MixtuiError(
            f"{archive} cannot be unpacked: {error}.", "Make room if the disk is full; else delete it and try again."
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    if not source.is_unpacked(data_dir):
        raise MixtuiError(f"{archive} lacks some of its files.", "Delete it and try again.")


def _members(archive: Path, wanted: tuple[str, ...]) -> Iterator[tuple[str, IO[bytes]]]:
    """The wanted files of a tar archive, and nothing else that may be in it; or the one file of a gzip file."""
    if archive.name.endswith(".tar.gz"):
        with tarfile.open(archive, "r|gz") as tar:
            for member in tar:
                if member.name in wanted and (content := tar.extractfile(member)):
                    yield member.name, content
    else:
        with gzip.open(archive) as unzipped:
            yield wanted[0], cast(IO[bytes], unzipped)


def _read_cifar(dataset: type[CIFAR10], root: str, train: bool) -> tuple[Split, tuple[str, ...]]:
    data = dataset(root, train)
    return _split(data.data, data.targets), tuple(data.classes)


def _read_fashion_mnist(root: str, train: bool) -> tuple[Split, tuple[str, ...]]:
    data = FashionMNIST(root, train)
    return _split(data.data.numpy()[:, :, :, None], data.targets), tuple(data.classes)


def _read_svhn(root: str, train: bool) -> tuple[Split, tuple[str, ...]]:
    data = SVHN(root, "train" if train else "test")
    return _split(data.data.transpose(0, 2, 3, 1), data.labels), tuple(str(digit) for digit in range(10))


def _read_stl10(root: str, train: bool) -> tuple[Split, tuple[str, ...]]:
    data = STL10(root, "train" if train else "test")
    return _split(data.data.transpose(0, 2, 3, 1), data.labels), tuple(data.classes)


def _split(images: Any, labels: Any) -> Split:
    return Split(np.ascontiguousarray(images, np.uint8), np.asarray(labels, np.int64))


_READERS: dict[str, Callable[[str, bool], tuple[Split, tuple[str, ...]]]] = {
    "cifar10": lambda root, train: _read_cifar(CIFAR10, root, train),
    "cifar100": lambda root, train: _read_cifar(CIFAR100, root, train),
    "fashion-mnist": _read_fashion_mnist,
    "svhn": _read_svhn,
    "stl10": _read_stl10,
}
