"""The data sets that mixtui knows by name: their shape, their source, and whether they are at hand."""

import difflib
import http.client
import os
import threading
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from mixtui.config import DEFAULT_DATASET
from mixtui.errors import MixtuiError


@dataclass(frozen=True)
class Source:
    """A file to download, and where torchvision looks for it."""

    url: str
    path: str
    """Where the download goes, relative to the data folder."""
    size: int
    """Of the download, in bytes."""
    unpacked: tuple[str, ...] = ()
    """What an archive unpacks to, relative to the data folder; empty where the download itself is read."""

    def files_present(self, data_dir: Path) -> tuple[str, ...]:
        """The download if it is there, else all it unpacks to, else nothing; relative to `data_dir`."""
        if (data_dir / self.path).is_file():
            return (self.path,)
        return self.unpacked if self.is_unpacked(data_dir) else ()

    def is_unpacked(self, data_dir: Path) -> bool:
        """Whether `data_dir` has all that an archive unpacks to; false of what is no archive."""
        return bool(self.unpacked) and all((data_dir / file).is_file() for file in self.unpacked)


@dataclass(frozen=True)
class DatasetInfo:
    """What is known of a data set before it is loaded. Images are `size` × `size` pixels."""

    name: str
    classes: int
    channels: int
    size: int
    n_train: int
    n_test: int
    sources: tuple[Source, ...] = ()

    @property
    def download_mb(self) -> float:
        """Size of all downloads in MB (10⁶ bytes)."""
        return sum(source.size for source in self.sources) / 1e6


def _within(folder: str, *files: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{file}" for file in files)


def _fashion_mnist(file: str, size: int) -> Source:
    url = f"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/{file}.gz"
    return Source(url, f"FashionMNIST/raw/{file}.gz", size, (f"FashionMNIST/raw/{file}",))


_CIFAR10 = Source(
    "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    "cifar-10-python.tar.gz",
    170_498_071,
    _within("cifar-10-batches-py", *(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"),
)
_CIFAR100 = Source(
    "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
    "cifar-100-python.tar.gz",
    169_001_437,
    _within("cifar-100-python", "train", "test", "meta"),
)
_FASHION_MNIST = (
    _fashion_mnist("train-images-idx3-ubyte", 26_421_880),
    _fashion_mnist("train-labels-idx1-ubyte", 29_515),
    _fashion_mnist("t10k-images-idx3-ubyte", 4_422_102),
    _fashion_mnist("t10k-labels-idx1-ubyte", 5_148),
)
_SVHN = (
    Source("http://ufldl.stanford.edu/housenumbers/train_32x32.mat", "train_32x32.mat", 182_040_794),
    Source("http://ufldl.stanford.edu/housenumbers/test_32x32.mat", "test_32x32.mat", 64_275_384),
)
# torchvision refuses STL-10 without its unlabelled images, though they are not used here.
_STL10 = Source(
    "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
    "stl10_binary.tar.gz",
    2_640_397_119,
    _within(
        "stl10_binary",
        *("train_X.bin", "train_y.bin", "unlabeled_X.bin", "test_X.bin", "test_y.bin", "class_names.txt"),
    ),
)

SYNTHETIC = "synthetic"

CATALOG: dict[str, DatasetInfo] = {
    info.name: info
    for info in (
        DatasetInfo(DEFAULT_DATASET, 10, 3, 32, 50_000, 10_000, (_CIFAR10,)),
        DatasetInfo("cifar100", 100, 3, 32, 50_000, 10_000, (_CIFAR100,)),
        DatasetInfo("fashion-mnist", 10, 1, 28, 60_000, 10_000, _FASHION_MNIST),
        DatasetInfo("svhn", 10, 3, 32, 73_257, 26_032, _SVHN),
        DatasetInfo("stl10", 10, 3, 96, 5_000, 8_000, (_STL10,)),
        DatasetInfo(SYNTHETIC, 10, 3, 32, 10_000, 2_000),
    )
}


def find(name: str) -> DatasetInfo:
    """The entry of that name. Raises MixtuiError, with the nearest known name, where there is none."""
    if name in CATALOG:
        return CATALOG[name]
    near = difflib.get_close_matches(name.lower(), CATALOG, n=1)
    suggestion = f"Did you mean {near[0]}? " if near else ""
    raise MixtuiError(
        f"There is no data set named {name!r}.",
        f"{suggestion}Known are {', '.join(CATALOG)}, and folder:PATH and package.module:function.",
    )


def default_data_dir() -> Path:
    """Where downloads go: `MIXTUI_DATA`, else `mixtui/data` in the user's cache folder."""
    named = os.environ.get("MIXTUI_DATA")
    return Path(named).expanduser() if named else platformdirs.user_cache_path("mixtui") / "data"


def is_present(info: DatasetInfo, data_dir: Path) -> bool:
    """Whether `data_dir` has every file, packed or unpacked, so that no network is needed. Reads none."""
    return all(source.files_present(data_dir) for source in info.sources)


def is_fetchable(info: DatasetInfo, timeout: float) -> bool:
    """Whether every source's server offers a file of about the expected size; false after `timeout` seconds.

    A thread that is left behind bounds the whole: no time-out of a socket covers looking up a host's name.
    """
    answers: list[bool] = []

    def ask() -> None:
        answers.append(all(_is_offered(source, timeout) for source in info.sources))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(timeout)
    return answers == [True]


def _is_offered(source: Source, timeout: float) -> bool:
    request = urllib.request.Request(source.url, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            # A login page in the way answers 200 as well, but not with this length.
            offered = int(response.headers.get("Content-Length", 0))
            return response.status == 200 and abs(offered - source.size) <= 0.05 * source.size
    except (OSError, http.client.HTTPException, ValueError):
        return False
