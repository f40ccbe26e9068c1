"""Loading any data set by its recorded name."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mixtui.datasets import synthetic
from mixtui.datasets.arrays import ImageData
from mixtui.datasets.catalog import DatasetInfo, find
from mixtui.errors import MixtuiError
from mixtui.training import data as data_module
from mixtui.training.data import load


def silent(phase: str, fraction: float) -> None:
    pass


def put(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4), (value, 0, 0)).save(path)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for i, name in enumerate(("cat", "dog")):
        put(tmp_path / "pets" / "train" / name / "a.png", 10 * i)
        put(tmp_path / "pets" / "test" / name / "a.png", 20 * i)
    return tmp_path / "pets"


def test_synthetic(tmp_path: Path) -> None:
    data = load("synthetic", None, tmp_path, silent)
    assert data.key == synthetic.KEY
    assert list(tmp_path.iterdir()) == []


def test_folder_is_decoded_once(images: Path, tmp_path: Path) -> None:
    phases: list[str] = []
    first = load("folder:pets", images, tmp_path, lambda phase, fraction: phases.append(phase))
    assert set(phases) == {"decoding", "caching"}
    phases.clear()
    second = load("folder:pets", images, tmp_path, lambda phase, fraction: phases.append(phase))
    assert phases == []
    assert first.name == second.name == "folder:pets"
    assert first.key == second.key
    assert isinstance(second.train.images, np.memmap)


def test_a_changed_folder_is_decoded_again(images: Path, tmp_path: Path) -> None:
    before = load("folder:pets", images, tmp_path, silent)
    put(images / "train" / "dog" / "b.png", 7)
    after = load("folder:pets", images, tmp_path, silent)
    assert len(after.train.labels) == len(before.train.labels) + 1
    assert after.key != before.key


def test_a_folder_of_unknown_place(tmp_path: Path) -> None:
    with pytest.raises(MixtuiError, match="folder:pets"):
        load("folder:pets", None, tmp_path, silent)


def test_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(MixtuiError, match="no data set named"):
        load("cifar11", None, tmp_path, silent)


def test_torchvision_set_is_fetched_where_missing_and_decoded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def fetch(info: DatasetInfo, data_dir: Path, progress: object) -> None:
        calls.append("fetch")
        for source in info.sources:
            (data_dir / source.path).write_bytes(b"")

    def decode(info: DatasetInfo, data_dir: Path) -> ImageData:
        calls.append("decode")
        return synthetic.make()

    monkeypatch.setattr(data_module.torchvision_data, "fetch", fetch)
    monkeypatch.setattr(data_module.torchvision_data, "decode", decode)
    for _ in range(2):
        assert load("svhn", None, tmp_path, silent).key == synthetic.KEY
    assert calls == ["fetch", "decode"]
    source = tmp_path / find("svhn").sources[0].path
    os.utime(source, ns=(0, 0))
    load("svhn", None, tmp_path, silent)
    assert calls == ["fetch", "decode", "decode"]


@pytest.fixture
def user_module(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], ImageData]:
    """Loads `make` of a module with the given source, each test's under a name of its own."""
    module = f"user_data_{abs(hash(request.node.name))}"

    def load_module(source: str, function: str = "make") -> ImageData:
        (tmp_path / f"{module}.py").write_text("import numpy as np\n" + source)
        return load(f"{module}:{function}", tmp_path, tmp_path, silent)

    return load_module


PAIRS = "return (np.zeros(({}), np.{}), {}), (np.zeros((2, 5, 6, 3), np.uint8), [0, 1])"


def returning(shape: str = "4, 5, 6, 3", dtype: str = "uint8", labels: str = "[0, 1, 2, 0]") -> str:
    return f"def make():\n    {PAIRS.format(shape, dtype, labels)}\n"


def test_import_path(user_module: Callable[[str], ImageData]) -> None:
    data = user_module(returning())
    assert data.train.images.shape == (4, 5, 6, 3)
    assert data.train.labels.dtype == np.int64
    assert data.classes == ("0", "1", "2")
    assert data.name.endswith(":make")


def test_import_path_without_channels_is_grey(user_module: Callable[[str], ImageData]) -> None:
    source = "def make():\n    part = np.zeros((2, 5, 6), np.uint8), np.array([0, 1], np.int8)\n    return part, part\n"
    assert user_module(source).test.images.shape == (2, 5, 6, 1)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module_at_all", "no_such_module_at_all"),
        ("def make(:", "SyntaxError"),
        ("", "does not exist"),
        ("make = 3", "is not callable"),
        ("def make():\n    raise ValueError('no disk')", "ValueError: no disk"),
        ("def make():\n    return None", "two pairs"),
        ("def make():\n    return 1, 2", "two pairs"),
        (returning(dtype="float32"), "float32"),
        (returning(shape="4, 5"), r"shape \(4, 5\)"),
        (returning(shape="4, 5, 6, 1"), "5 × 6 × 1"),
        (returning(shape="3, 5, 6, 3"), "3 training images but 4 training labels"),
        (returning(shape="0, 5, 6, 3", labels="np.zeros(0, int)"), "fewer than two classes"),
        (returning(labels="[0., 1., 2., 0.]"), "float64"),
        (returning(labels="[[0, 1, 2, 0]]"), r"shape \(1, 4\)"),
        (returning(labels="[-1, 1, 2, 0]"), "from -1 to 2"),
        (returning(labels="[0, 0, 0, 0]"), "fewer than two classes"),
        (returning().replace("[0, 1])", "[0, 7])"), "from 0 to 7"),
    ],
)
def test_import_path_faults_are_said(user_module: Callable[[str], ImageData], source: str, reason: str) -> None:
    with pytest.raises(MixtuiError, match=reason) as caught:
        user_module(source)
    assert caught.value.hint


def test_import_path_module_not_found(tmp_path: Path) -> None:
    with pytest.raises(MixtuiError, match="no_such_package"):
        load("no_such_package.sets:make", tmp_path, tmp_path, silent)


def test_real_images_open_fast_the_second_time(tmp_path: Path) -> None:
    named = os.environ.get("MIXTUI_TEST_DATA")
    if not named:
        pytest.skip("MIXTUI_TEST_DATA does not name a folder of real images")
    root = Path(named)
    first = load(f"folder:{root.name}", root, tmp_path, silent)
    start = time.monotonic()
    second = load(f"folder:{root.name}", root, tmp_path, silent)
    assert time.monotonic() - start < 3
    assert second.key == first.key
