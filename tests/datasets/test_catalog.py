"""The catalog: names, presence and fetchability."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mixtui.datasets import catalog
from mixtui.datasets.catalog import CATALOG, DatasetInfo, Source, find, is_fetchable, is_present
from mixtui.errors import MixtuiError

SIZE = 1000


@contextmanager
def serving(status: int, length: int) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(length))
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/file"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def info_at(url: str) -> DatasetInfo:
    return replace(find("svhn"), sources=(Source(url, "file", SIZE),))


def test_the_known_sets_and_their_downloads() -> None:
    assert list(CATALOG) == ["cifar10", "cifar100", "fashion-mnist", "svhn", "stl10", "synthetic"]
    assert find("cifar10").download_mb == pytest.approx(170.5, abs=0.1)
    assert find("synthetic").download_mb == 0
    assert find("fashion-mnist").channels == 1


@pytest.mark.parametrize(("typed", "meant"), [("cifar-10", "cifar10"), ("FashionMNIST", "fashion-mnist")])
def test_unknown_name_gets_a_suggestion(typed: str, meant: str) -> None:
    with pytest.raises(MixtuiError) as caught:
        find(typed)
    assert f"Did you mean {meant}?" in caught.value.hint


def test_unknown_name_unlike_any_lists_what_is_known() -> None:
    with pytest.raises(MixtuiError) as caught:
        find("zzz")
    assert "Did you mean" not in caught.value.hint
    assert "stl10" in caught.value.hint


def test_data_dir_is_the_environments_else_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MIXTUI_DATA", str(tmp_path))
    assert catalog.default_data_dir() == tmp_path
    monkeypatch.delenv("MIXTUI_DATA")
    assert catalog.default_data_dir().parts[-2:] == ("mixtui", "data")


def test_present_as_archive_as_unpacked_files_or_as_a_mixture(tmp_path: Path) -> None:
    info = find("fashion-mnist")
    for source, path in zip(info.sources, ("path", "unpacked", "path", "unpacked"), strict=True):
        assert not is_present(info, tmp_path)
        file = tmp_path / (source.path if path == "path" else source.unpacked[0])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert is_present(info, tmp_path)


def test_not_present_with_one_unpacked_file_missing(tmp_path: Path) -> None:
    info = find("cifar10")
    files = info.sources[0].unpacked
    (tmp_path / files[0]).parent.mkdir()
    for file in files[:-1]:
        (tmp_path / file).touch()
    assert not is_present(info, tmp_path)
    (tmp_path / files[-1]).touch()
    assert is_present(info, tmp_path)


def test_synthetic_is_always_present(tmp_path: Path) -> None:
    assert is_present(find("synthetic"), tmp_path / "missing")


@pytest.mark.parametrize(
    ("status", "length", "expected"),
    [(200, SIZE, True), (200, SIZE + 10, True), (200, 300, False), (404, SIZE, False)],
    ids=["right", "about right", "another page", "missing"],
)
def test_fetchable_needs_200_and_about_the_size(status: int, length: int, expected: bool) -> None:
    with serving(status, length) as url:
        assert is_fetchable(info_at(url), timeout=5) is expected


def test_not_fetchable_when_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert not is_fetchable(info_at(f"http://127.0.0.1:{port}/file"), timeout=5)


def test_a_silent_server_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        assert not is_fetchable(info_at(f"http://127.0.0.1:{silent.getsockname()[1]}/file"), timeout=0.2)
        assert time.monotonic() - start < 2


def test_a_hanging_name_lookup_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: released.wait(10) and [])
    start = time.monotonic()
    assert not is_fetchable(info_at("http://nowhere.invalid/file"), timeout=0.2)
    assert time.monotonic() - start < 2
    released.set()
