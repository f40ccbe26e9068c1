"""The cache of decoded images: made once, shared, and rebuilt when damaged."""

import errno
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtui.datasets import cache
from mixtui.datasets.arrays import ImageData, Split, image_data
from mixtui.errors import MixtuiError


def made(seed: int = 0) -> ImageData:
    rng = np.random.default_rng(seed)
    train, test = (
        Split(rng.integers(0, 256, (n, 8, 8, 3), np.uint8), np.arange(n, dtype=np.int64) % 2) for n in (40, 10)
    )
    return image_data("folder:x", ("cat", "dog"), train, test, warnings=("a warning",))


class Builder:
    """Counts how often it was called."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> ImageData:
        self.calls += 1
        return made()


def opened(beside: Path, build: Builder) -> ImageData:
    return cache.open_or_build("x", "key", beside, build, lambda phase, fraction: None)


def is_mapped(data: ImageData) -> bool:
    return isinstance(data.train.images, np.memmap) and not data.train.images.flags.writeable


@pytest.fixture(autouse=True)
def user_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setenv("HOME", str(folder))
    return folder


def test_built_once_then_mapped_with_everything_kept(tmp_path: Path) -> None:
    build = Builder()
    first, second, source = opened(tmp_path, build), opened(tmp_path, build), made()
    assert build.calls == 1
    for data in (first, second):
        assert is_mapped(data)
        np.testing.assert_array_equal(data.train.images, source.train.images)
        np.testing.assert_array_equal(data.test.labels, source.test.labels)
        assert (data.name, data.key, data.classes) == (source.name, source.key, source.classes)
        assert (data.mean, data.std, data.warnings) == (source.mean, source.std, source.warnings)


def test_a_cache_is_plain_files(tmp_path: Path) -> None:
    opened(tmp_path, Builder())
    folder = tmp_path / ".mixtui-cache" / "x-key"
    assert np.load(folder / "train_images.npy").shape == (40, 8, 8, 3)
    assert json.loads((folder / "info.json").read_text())["classes"] == ["cat", "dog"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    file=st.sampled_from(["train_images.npy", "train_labels.npy", "test_images.npy", "test_labels.npy", "info.json"]),
    kept=st.floats(0, 0.99),
)
def test_a_truncated_cache_is_rebuilt(tmp_path: Path, file: str, kept: float) -> None:
    opened(tmp_path, Builder())
    damaged = tmp_path / ".mixtui-cache" / "x-key" / file
    os.truncate(damaged, int(damaged.stat().st_size * kept))
    build = Builder()
    assert opened(tmp_path, build).key == made().key
    assert build.calls == 1
    assert opened(tmp_path, build).key == made().key
    assert build.calls == 1


@pytest.mark.parametrize("content", [b"{}", b"[]", b"null", b"\xff", b'{"files": {"train_images.npy": 3}}'])
def test_a_foreign_info_file_is_rebuilt(tmp_path: Path, content: bytes) -> None:
    opened(tmp_path, Builder())
    (tmp_path / ".mixtui-cache" / "x-key" / "info.json").write_bytes(content)
    assert opened(tmp_path, Builder()).key == made().key


def test_overwritten_pixels_are_noticed(tmp_path: Path) -> None:
    opened(tmp_path, Builder())
    file = tmp_path / ".mixtui-cache" / "x-key" / "train_images.npy"
    content = bytearray(file.read_bytes())
    content[2000:3000] = bytes(1000)
    file.write_bytes(content)
    build = Builder()
    opened(tmp_path, build)
    assert build.calls == 1


def test_leftovers_do_no_harm_and_old_ones_are_cleared(tmp_path: Path) -> None:
    root = tmp_path / ".mixtui-cache"
    young, old = root / ".building-young", root / ".building-old"
    for folder in (young, old):
        folder.mkdir(parents=True)
        (folder / "train_images.npy").write_bytes(b"half")
    os.utime(old, (time.time() - 2 * 24 * 3600,) * 2)
    assert opened(tmp_path, Builder()).key == made().key
    assert young.exists()
    assert not old.exists()


def test_where_the_data_cannot_be_written_the_users_cache_serves(tmp_path: Path, user_cache: Path) -> None:
    (tmp_path / ".mixtui-cache").write_text("in the way")  # works for root too, unlike permissions
    build = Builder()
    assert is_mapped(opened(tmp_path, build))
    assert is_mapped(opened(tmp_path, build))
    assert build.calls == 1
    assert list(user_cache.rglob("info.json"))


def test_data_sets_of_equal_names_stay_apart_in_the_users_cache(tmp_path: Path) -> None:
    for place, seed in (("a", 0), ("b", 1)):
        (tmp_path / place).mkdir()
        (tmp_path / place / ".mixtui-cache").write_text("in the way")
        data = cache.open_or_build("x", "key", tmp_path / place, lambda seed=seed: made(seed), lambda *_: None)
        assert data.key == made(seed).key


def test_nowhere_to_write_is_a_warning(tmp_path: Path, user_cache: Path) -> None:
    (tmp_path / ".mixtui-cache").write_text("in the way")
    (user_cache / "mixtui").write_text("in the way")
    data = opened(tmp_path, Builder())
    assert data.key == made().key
    assert "every time" in data.warnings[-1]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, user_cache: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MixtuiError, match="disk is full"):
        opened(tmp_path, Builder())
    assert list((tmp_path / ".mixtui-cache").iterdir()) == []
    assert list(user_cache.rglob("*.npy")) == []


def test_an_interrupted_build_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(phase: str, fraction: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.open_or_build("x", "key", tmp_path, made, interrupt)
    assert list(tmp_path.rglob("*.npy")) == []


@pytest.mark.parametrize("damaged", [False, True])
def test_racing_builders_agree(tmp_path: Path, damaged: bool) -> None:
    """Threads race here as processes do: what they share is the file system alone."""
    if damaged:
        opened(tmp_path, Builder())
        os.truncate(tmp_path / ".mixtui-cache" / "x-key" / "train_images.npy", 10)
    barrier = threading.Barrier(4)

    def race(_: int) -> ImageData:
        def build() -> ImageData:
            barrier.wait(timeout=30)  # nobody has written yet: all build
            return made()

        return cache.open_or_build("x", "key", tmp_path, build, lambda phase, fraction: None)

    with ThreadPoolExecutor(4) as pool:
        assert {data.key for data in pool.map(race, range(4))} == {made().key}
    assert is_mapped(opened(tmp_path, Builder()))
    assert [folder.name for folder in (tmp_path / ".mixtui-cache").iterdir()] == ["x-key"]


def test_lookup_key_follows_paths_sizes_and_times() -> None:
    files = [("train/a.png", 5, 100), ("train/b.png", 6, 100)]
    changed = [
        [("train/c.png", 5, 100), files[1]],
        [("train/a.png", 6, 100), files[1]],
        [("train/a.png", 5, 101), files[1]],
        files[:1],
    ]
    assert cache.lookup_key(files) == cache.lookup_key(iter(files))
    assert len({cache.lookup_key(other) for other in [files, *changed]}) == 5
