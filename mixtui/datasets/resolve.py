"""Which data set a run will use: decided once, when it is submitted, without importing torch."""

from dataclasses import dataclass
from pathlib import Path

from mixtui.config import DEFAULT_DATASET, IMPORT_PATH
from mixtui.datasets.catalog import SYNTHETIC, find, is_fetchable, is_present
from mixtui.errors import MixtuiError

FOLDER_PREFIX = "folder:"

_ANSWER_WITHIN = 5.0  # seconds that a download server has to answer

_FALLBACK_NOTICE = (
    f"{DEFAULT_DATASET} is not on this machine and cannot be fetched: "
    f"using the embedded {SYNTHETIC} data set instead. "
    "It is a demonstration; its results are no evidence about mixup on real images. "
    "To use your own images: --dataset folder:PATH."
)


@dataclass(frozen=True)
class Resolution:
    """The data set that a run records, and where it lies."""

    dataset: str
    """A catalog name, `folder:<basename>`, or `package.module:function`."""
    location: Path | None
    """Absolute: the folder of images, or the folder that an import path is imported from."""
    notice: str | None
    """What the user must be told."""


def resolve(requested: str | None, data_dir: Path) -> Resolution:
    """Decide on a data set that can be had here. Waits at most a few seconds for a download server.

    Raises MixtuiError for an unknown name, a folder without `train/` and `test/`, and a data set that is
    neither in `data_dir` nor fetchable.
    """
    if requested is None:
        return _resolve_default(data_dir)
    if requested.startswith(FOLDER_PREFIX):
        return _resolve_folder(requested)
    if IMPORT_PATH.fullmatch(requested):
        return Resolution(requested, location=Path.cwd(), notice=None)
    return _resolve_known(requested, data_dir)


def find_folder(requested: str) -> Path:
    """The folder that `folder:PATH` names, absolute. Raises MixtuiError where PATH is missing or is no folder."""
    path = requested.removeprefix(FOLDER_PREFIX)
    if not path:
        raise MixtuiError(f"{FOLDER_PREFIX} names no folder.", f"Write {FOLDER_PREFIX}PATH.")
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        raise MixtuiError(f"There is no folder {folder}.", "Check the path.")
    return folder


def _resolve_default(data_dir: Path) -> Resolution:
    if _is_available(DEFAULT_DATASET, data_dir):
        return Resolution(DEFAULT_DATASET, location=None, notice=None)
    return Resolution(SYNTHETIC, location=None, notice=_FALLBACK_NOTICE)


def _resolve_folder(requested: str) -> Resolution:
    folder = find_folder(requested)
    for part in ("train", "test"):
        if not (folder / part).is_dir():
            raise MixtuiError(
                f"{folder} has no folder {part}/.", "Images belong in train/CLASS/ and test/CLASS/ inside it."
            )
    return Resolution(FOLDER_PREFIX + folder.name, location=folder, notice=None)


def _resolve_known(requested: str, data_dir: Path) -> Resolution:
    info = find(requested)
    if not _is_available(requested, data_dir):
        files = ", ".join(source.path for source in info.sources)
        raise MixtuiError(
            f"{requested} is not in {data_dir}, and its server does not answer.",
            f"Connect to the network, or put {files} there by hand, or name another: --dataset {SYNTHETIC}.",
        )
    return Resolution(requested, location=None, notice=None)


def _is_available(name: str, data_dir: Path) -> bool:
    info = find(name)
    return is_present(info, data_dir) or is_fetchable(info, _ANSWER_WITHIN)
