"""Fetching from a server on this machine, and decoding small made files in torchvision's layouts."""

import gzip
import hashlib
import pickle
import socket
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from torchvision.datasets import CIFAR10, STL10, SVHN, FashionMNIST

from mixtui.datasets.catalog import DatasetInfo, find
from mixtui.errors import MixtuiError
from mixtui.training import torchvision_data
from mixtui.training.torchvision_data import decode, fetch

RNG = np.random.default_rng(0)


class FileServer:
    """Serves `files` by name; those in `cut` break off half-way, those in `stalled` stop half-way without closing."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.stalled: set[str] = set()
        self.requests: list[str] = []
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        name = request.path.removeprefix("/")
        self.requests.append(name)
        content = self.files.get(name)
        if content is None:
            request.send_error(404)
            return
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        whole = name not in self.cut | self.stalled
        request.wfile.write(content if whole else content[: len(content) // 2])
        if name in self.stalled:
            self.released.wait(20)


@pytest.fixture
def server() -> Iterator[FileServer]:
    server = FileServer()
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.released.set()
    server.http.shutdown()
    thread.join()
    server.http.server_close()


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def tar(folder: Path) -> bytes:
    packed = folder.with_suffix(".tar.gz")
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(folder, folder.name)
    return packed.read_bytes()


def at(server: FileServer, info: DatasetInfo, files: dict[str, bytes]) -> DatasetInfo:
    """The catalog's entry, its downloads served here."""
    server.files = {Path(path).name: content for path, content in files.items()}
    sources = tuple(
        replace(source, url=f"{server.url}/{Path(source.path).name}", size=len(files[source.path]))
        for source in info.sources
    )
    return replace(info, sources=sources)


def idx(array: np.ndarray) -> bytes:
    """The IDX format: 0, 0, type (8: bytes), number of axes, their lengths big-endian, the values."""
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes() + array.tobytes()


@pytest.fixture
def cifar10(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DatasetInfo:
    """Five batches of two images, four to test; image i of a batch is of class i, every byte of it i."""
    folder = tmp_path / "made" / CIFAR10.base_folder
    folder.mkdir(parents=True)

    def batch(name: str, count: int) -> list[str]:
        data = np.repeat(np.arange(count, dtype=np.uint8)[:, None], 3072, axis=1)
        data[:, :1024] += 100  # red comes first
        content = pickle.dumps({"data": data, "labels": list(range(count))})
        (folder / name).write_bytes(content)
        return [name, md5(content)]

    meta = pickle.dumps({"label_names": [f"class {i}" for i in range(10)]})
    (folder / "batches.meta").write_bytes(meta)
    monkeypatch.setattr(CIFAR10, "train_list", [batch(f"data_batch_{i}", 2) for i in range(1, 6)])
    monkeypatch.setattr(CIFAR10, "test_list", [batch("test_batch", 4)])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": md5(meta)})
    archive = tar(folder)
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(archive))
    return at(server, find("cifar10"), {"cifar-10-python.tar.gz": archive})


@pytest.fixture
def fashion_mnist(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> DatasetInfo:
    files = {}
    for part, count in (("train", 6), ("t10k", 3)):
        images = np.repeat(np.arange(count, dtype=np.uint8), 28 * 28).reshape(count, 28, 28)
        files[f"FashionMNIST/raw/{part}-images-idx3-ubyte.gz"] = gzip.compress(idx(images))
        labels = np.arange(count, dtype=np.uint8)
        files[f"FashionMNIST/raw/{part}-labels-idx1-ubyte.gz"] = gzip.compress(idx(labels))
    resources = [(Path(path).name, md5(content)) for path, content in files.items()]
    monkeypatch.setattr(FashionMNIST, "resources", resources)
    return at(server, find("fashion-mnist"), files)


def silent(phase: str, fraction: float) -> None:
    pass


def files_under(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_fetch_then_decode_cifar10(cifar10: DatasetInfo, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    seen: list[tuple[str, float]] = []
    fetch(cifar10, data_dir, lambda phase, fraction: seen.append((phase, fraction)))
    assert files_under(data_dir) == ["cifar-10-python.tar.gz"]
    assert {phase for phase, _ in seen} == {"fetching"}
    fractions = [fraction for _, fraction in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1

    data = decode(cifar10, data_dir)
    assert data.classes == tuple(f"class {i}" for i in range(10))
    assert data.train.images.shape == (10, 32, 32, 3)
    assert data.train.labels.tolist() == [0, 1] * 5
    assert data.test.images[3, 0, 0].tolist() == [103, 3, 3]
    assert [path.name for path in data_dir.iterdir() if path.name.startswith(".")] == []


def test_what_is_there_is_not_fetched_again(cifar10: DatasetInfo, server: FileServer, tmp_path: Path) -> None:
    fetch(cifar10, tmp_path, silent)
    fetch(cifar10, tmp_path, silent)
    assert server.requests == ["cifar-10-python.tar.gz"]
    decode(cifar10, tmp_path)
    (tmp_path / "cifar-10-python.tar.gz").unlink()
    fetch(cifar10, tmp_path, silent)
    assert len(server.requests) == 1
    assert len(decode(cifar10, tmp_path).test.labels) == 4


def test_fetch_then_decode_fashion_mnist(fashion_mnist: DatasetInfo, tmp_path: Path) -> None:
    fetch(fashion_mnist, tmp_path, silent)
    data = decode(fashion_mnist, tmp_path)
    assert data.train.images.shape == (6, 28, 28, 1)
    assert data.test.images[:, 5, 5, 0].tolist() == [0, 1, 2]
    assert data.test.labels.tolist() == [0, 1, 2]
    assert data.classes[0] == "T-shirt/top"


def test_svhn_is_turned_to_height_width_channels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = RNG.integers(0, 256, (32, 32, 3, 4), np.uint8)
    split_list = {}
    for part in ("train", "test"):
        file = tmp_path / f"{part}_32x32.mat"
        scipy.io.savemat(file, {"X": images, "y": np.array([[1], [10], [2], [3]])})
        split_list[part] = ["", file.name, md5(file.read_bytes())]
    monkeypatch.setattr(SVHN, "split_list", split_list)
    data = decode(find("svhn"), tmp_path)
    np.testing.assert_array_equal(data.train.images, images.transpose(3, 0, 1, 2))
    assert data.test.labels.tolist() == [1, 0, 2, 3]  # SVHN writes the digit 0 as 10


def test_stl10_is_turned_to_height_width_channels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = RNG.integers(0, 256, (2, 3, 96, 96), np.uint8)  # channels, columns, rows
    content = {
        **{f"{part}_X.bin": images.tobytes() for part in ("train", "test")},
        **{f"{part}_y.bin": bytes([1, 10]) for part in ("train", "test")},
        "unlabeled_X.bin": b"",
        "class_names.txt": b"\n".join(b"class %d" % i for i in range(10)),
    }
    (tmp_path / "stl10_binary").mkdir()
    for name, value in content.items():
        (tmp_path / "stl10_binary" / name).write_bytes(value)
    for table in ("train_list", "test_list"):
        monkeypatch.setattr(STL10, table, [[name, md5(content[name])] for name, _ in getattr(STL10, table)])
    data = decode(find("stl10"), tmp_path)
    np.testing.assert_array_equal(data.train.images, images.transpose(0, 3, 2, 1))
    assert data.test.labels.tolist() == [0, 9]
    assert data.classes[9] == "class 9"


def refused(function: Callable[[], object]) -> MixtuiError:
    with pytest.raises(MixtuiError) as caught:
        function()
    assert caught.value.hint
    return caught.value


def test_a_wrong_checksum_names_the_file_and_keeps_nothing(
    cifar10: DatasetInfo, server: FileServer, tmp_path: Path
) -> None:
    name = "cifar-10-python.tar.gz"
    server.files[name] = b"x" * len(server.files[name])
    data_dir = tmp_path / "data"
    assert name in refused(lambda: fetch(cifar10, data_dir, silent)).message
    assert files_under(data_dir) == []


def test_a_broken_connection_keeps_nothing_and_the_next_try_works(
    cifar10: DatasetInfo, server: FileServer, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    server.cut = set(server.files)
    assert "broke off" in refused(lambda: fetch(cifar10, data_dir, silent)).message
    assert files_under(data_dir) == []
    server.cut = set()
    fetch(cifar10, data_dir, silent)
    assert len(decode(cifar10, data_dir).train.labels) == 10


def test_a_stalled_server_is_given_up(
    cifar10: DatasetInfo, server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torchvision_data, "_TIMEOUT", 0.2)
    server.stalled = set(server.files)
    start = time.monotonic()
    assert "timed out" in refused(lambda: fetch(cifar10, tmp_path / "data", silent)).message
    assert time.monotonic() - start < 5
    assert files_under(tmp_path / "data") == []


def test_an_interrupted_fetch_keeps_what_was_whole(fashion_mnist: DatasetInfo, tmp_path: Path) -> None:
    def interrupt(phase: str, fraction: float) -> None:
        if (tmp_path / fashion_mnist.sources[0].path).exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(fashion_mnist, tmp_path, interrupt)
    assert files_under(tmp_path) == [Path(fashion_mnist.sources[0].path).name]


def test_a_missing_file_and_a_closed_server(cifar10: DatasetInfo, server: FileServer, tmp_path: Path) -> None:
    server.files.clear()
    assert "404" in refused(lambda: fetch(cifar10, tmp_path, silent)).message
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/cifar-10-python.tar.gz"
    gone = replace(cifar10, sources=(replace(cifar10.sources[0], url=url),))
    assert url in refused(lambda: fetch(gone, tmp_path, silent)).message


def test_a_data_folder_that_cannot_be_made(cifar10: DatasetInfo, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be fetched" in refused(lambda: fetch(cifar10, tmp_path / "file" / "data", silent)).message


@pytest.mark.parametrize("kept", [0, 10, 0.5])
def test_a_damaged_archive_put_there_by_hand_is_named(
    cifar10: DatasetInfo, server: FileServer, tmp_path: Path, kept: float
) -> None:
    archive = tmp_path / "cifar-10-python.tar.gz"
    whole = server.files[archive.name]
    archive.write_bytes(whole[: int(kept if kept > 1 else kept * len(whole))])
    assert str(archive) in refused(lambda: decode(cifar10, tmp_path)).message
    assert not list(tmp_path.glob(".unpacking-*"))


def test_an_archive_of_something_else_is_named(cifar10: DatasetInfo, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    archive = tmp_path / "cifar-10-python.tar.gz"
    archive.write_bytes(tar(tmp_path / "other"))
    assert str(archive) in refused(lambda: decode(cifar10, tmp_path)).message


def test_gzip_files_packed_by_someone_else_will_do(fashion_mnist: DatasetInfo, tmp_path: Path) -> None:
    """Debian's package packs the same IDX files anew, with other MD5 sums."""
    fetch(fashion_mnist, tmp_path, silent)
    for source in fashion_mnist.sources:
        file = tmp_path / source.path
        file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()), compresslevel=1, mtime=7))
    assert len(decode(fashion_mnist, tmp_path).train.labels) == 6


def test_a_damaged_unpacked_file_says_what_to_delete(cifar10: DatasetInfo, tmp_path: Path) -> None:
    fetch(cifar10, tmp_path, silent)
    decode(cifar10, tmp_path)
    (tmp_path / "cifar-10-batches-py" / "data_batch_3").write_bytes(b"damaged")
    assert "cifar-10-batches-py" in refused(lambda: decode(cifar10, tmp_path)).hint


def test_damaged_idx_files_say_what_to_delete(fashion_mnist: DatasetInfo, tmp_path: Path) -> None:
    fetch(fashion_mnist, tmp_path, silent)
    decode(fashion_mnist, tmp_path)
    (tmp_path / "FashionMNIST" / "raw" / "train-images-idx3-ubyte").write_bytes(b"damaged")
    assert "FashionMNIST" in refused(lambda: decode(fashion_mnist, tmp_path)).hint
