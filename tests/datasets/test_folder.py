"""Folders of images: what is read, in which order, and what is refused."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mixtui.datasets.arrays import ImageData
from mixtui.datasets.folder import decode, read_test, scan
from mixtui.errors import MixtuiError


def put(path: Path, mode: str = "RGB", size: tuple[int, int] = (4, 3), value: int = 0) -> None:
    """An image file, lossless by its suffix, width × height, with every band at `value`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("L", size, value)
    image.convert(mode).save(path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two classes with one grey image each in train/ and test/."""
    for part in ("train", "test"):
        put(tmp_path / part / "cat" / "a.png", "L", value=10)
        put(tmp_path / part / "dog" / "a.png", "L", value=20)
    return tmp_path


def read(root: Path) -> ImageData:
    return decode("folder:x", scan(root), lambda phase, fraction: None)


def refused(root: Path) -> str:
    with pytest.raises(MixtuiError) as caught:
        read(root)
    assert caught.value.hint
    return caught.value.message


def test_classes_and_images_come_in_sorted_order(root: Path) -> None:
    put(root / "train" / "dog" / "A.png", value=5)
    put(root / "train" / "ant" / "z.png", value=1)
    put(root / "train" / "ant" / "y.png", value=2)
    put(root / "test" / "ant" / "y.png", value=3)
    data = read(root)
    assert data.classes == ("ant", "cat", "dog")
    assert data.train.labels.tolist() == [0, 0, 1, 2, 2]
    assert data.train.images[:, 0, 0, 0].tolist() == [2, 1, 10, 5, 20]
    assert data.test.images[:, 0, 0, 0].tolist() == [3, 10, 20]


def test_all_grey_is_one_channel(root: Path) -> None:
    data = read(root)
    assert data.train.images.shape == (2, 3, 4, 1)
    assert data.mean == (15.0,)
    assert data.std == (5.0,)


@pytest.mark.parametrize("part", ["train", "test"])
def test_grey_and_colour_together_are_rgb(root: Path, part: str) -> None:
    Image.new("RGB", (4, 3), (1, 2, 3)).save(root / part / "dog" / "b.png")
    data = read(root)
    assert data.train.images.shape[3] == data.test.images.shape[3] == 3
    assert data.train.images[0, 0, 0].tolist() == [10, 10, 10]
    colour = (data.train if part == "train" else data.test).images[2]
    assert colour[0, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize("mode", ["P", "LA", "RGBA"])
@pytest.mark.filterwarnings("error")
def test_palette_and_transparency_become_rgb(root: Path, mode: str) -> None:
    put(root / "train" / "dog" / "a.png", mode, value=20)
    data = read(root)
    assert data.train.images[1, 0, 0].tolist() == [20, 20, 20]


@pytest.mark.filterwarnings("error")
def test_palette_with_transparent_colours_becomes_rgb(root: Path) -> None:
    image = Image.new("P", (4, 3), 1)
    image.putpalette([0, 0, 0, 7, 8, 9])
    image.save(root / "train" / "dog" / "a.png", transparency=bytes([0, 128]))
    assert read(root).train.images[1, 0, 0].tolist() == [7, 8, 9]


def test_black_and_white_is_grey(root: Path) -> None:
    put(root / "train" / "dog" / "a.png", "1", value=255)
    assert read(root).train.images[1, :, :, 0].tolist() == [[255] * 4] * 3


def test_sixteen_bits_are_refused(root: Path) -> None:
    Image.fromarray(np.full((3, 4), 40_000, np.uint16)).save(root / "train" / "dog" / "a.png")
    assert "8-bit" in refused(root)


def test_mixed_sizes_name_two_files_and_sizes(root: Path) -> None:
    put(root / "test" / "dog" / "b.png", size=(5, 6))
    message = refused(root)
    assert "train/cat/a.png is 4 × 3" in message
    assert "test/dog/b.png is 5 × 6" in message


@pytest.mark.parametrize("content", [b"", b"no image", "cut"])
def test_a_broken_file_is_named(root: Path, content: bytes | str) -> None:
    broken = root / "train" / "dog" / "b.png"
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (3, 4), np.uint8)).save(broken)
    broken.write_bytes(broken.read_bytes()[:50] if isinstance(content, str) else content)
    assert str(broken) in refused(root)


@pytest.mark.parametrize("part", ["train", "test"])
def test_an_empty_class_is_refused(root: Path, part: str) -> None:
    (root / part / "dog" / "a.png").unlink()
    assert str(root / part / "dog") in refused(root)


def test_a_class_only_in_test_is_refused(root: Path) -> None:
    put(root / "test" / "owl" / "a.png")
    assert "'owl' is in test/ but not in train/" in refused(root)


def test_a_class_only_in_train_is_a_warning(root: Path) -> None:
    put(root / "train" / "ant" / "a.png", "L")
    data = read(root)
    assert data.warnings == ("No test images of ant.",)
    assert data.test.labels.tolist() == [1, 2]


def test_no_class_folders_at_all(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    put(tmp_path / "train" / "stray.png")
    assert "no class folders" in refused(tmp_path)


def test_a_missing_folder(tmp_path: Path) -> None:
    assert "train" in refused(tmp_path / "gone")


def test_one_class_is_too_few(tmp_path: Path) -> None:
    put(tmp_path / "train" / "cat" / "a.png")
    put(tmp_path / "test" / "cat" / "a.png")
    assert "fewer than two classes" in refused(tmp_path)


def test_stray_and_hidden_files_are_passed_over(root: Path) -> None:
    before = read(root).key
    for stray in (".DS_Store", "train/Thumbs.db", "train/dog/.DS_Store", "train/dog/._a.png", "test/notes.txt"):
        (root / stray).write_bytes(b"stray")
    (root / "train" / ".ipynb_checkpoints").mkdir()
    assert read(root).key == before


def test_links_to_folders_and_files_are_followed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    linked = tmp_path_factory.mktemp("linked")
    (linked / "train" / "dog").mkdir(parents=True)
    (linked / "train" / "cat").symlink_to(root / "train" / "cat")
    (linked / "train" / "dog" / "a.png").symlink_to(root / "train" / "dog" / "a.png")
    (linked / "test").symlink_to(root / "test")
    assert read(linked).key == read(root).key


def test_a_dangling_link_and_a_loop_are_errors(root: Path) -> None:
    link = root / "train" / "dog" / "b.png"
    link.symlink_to(root / "gone.png")
    assert str(link) in refused(root)
    link.unlink()
    (root / "train" / "dog" / "loop").symlink_to(root / "train" / "dog")
    assert "cannot be read" in refused(root)


def test_folders_inside_a_class_belong_to_it(root: Path) -> None:
    put(root / "train" / "dog" / "b" / "c.png", value=7)
    data = read(root)
    assert data.train.labels.tolist() == [0, 1, 1]
    assert data.train.images[2, 0, 0, 0] == 7


def test_key_depends_on_pixels_labels_and_class_names(root: Path) -> None:
    keys = {read(root).key}
    put(root / "train" / "dog" / "a.png", "L", value=21)
    keys.add(read(root).key)
    for part in ("train", "test"):
        (root / part / "dog").rename(root / part / "eel")
    keys.add(read(root).key)
    assert len(keys) == 3


def test_progress_reaches_one(root: Path) -> None:
    seen: list[tuple[str, float]] = []
    decode("folder:x", scan(root), lambda phase, fraction: seen.append((phase, fraction)))
    assert seen[-1] == ("decoding", 1.0)


def test_scanning_a_large_folder_takes_well_under_its_decoding() -> None:
    named = os.environ.get("MIXTUI_TEST_DATA")
    if not named:
        pytest.skip("MIXTUI_TEST_DATA does not name a folder of real images")
    start = time.monotonic()
    listing = scan(Path(named))
    assert len(listing.train) + len(listing.test) > 0
    assert time.monotonic() - start < 3


def test_a_test_set_by_itself_needs_no_training_images(tmp_path: Path) -> None:
    put(tmp_path / "dog" / "a.png", "L", value=20)
    put(tmp_path / "cat" / "a.png", "RGB", value=10)
    alone = read_test(tmp_path, lambda phase, fraction: None)
    assert alone.classes == ("cat", "dog")
    assert alone.split.labels.tolist() == [0, 1]
    assert alone.split.images[:, 0, 0].tolist() == [[10, 10, 10], [20, 20, 20]]


def test_of_a_whole_data_set_the_test_part_is_read(root: Path) -> None:
    put(root / "train" / "ant" / "z.png", value=1)
    part = read_test(root, lambda phase, fraction: None)
    assert part.classes == ("cat", "dog")
    assert part.split.images[:, 0, 0, 0].tolist() == [10, 20]


def test_a_test_set_without_classes_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "a.png")
    with pytest.raises(MixtuiError, match="There are no class folders in"):
        read_test(tmp_path, lambda phase, fraction: None)
