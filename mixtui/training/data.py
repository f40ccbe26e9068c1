"""Any data set, by the name that a run recorded."""

from pathlib import Path

from mixtui.datasets import cache, folder, import_path, synthetic
from mixtui.datasets.arrays import ImageData, LabelledImages, Progress
from mixtui.datasets.catalog import SYNTHETIC, DatasetInfo, find, is_present
from mixtui.datasets.one_at_a_time import one_at_a_time
from mixtui.datasets.resolve import FOLDER_PREFIX
from mixtui.datasets.shifts import OtherSet
from mixtui.errors import MixtuiError
from mixtui.training import torchvision_data


def load(dataset: str, location: Path | None, data_dir: Path, progress: Progress) -> ImageData:
    """The data set of a `Resolution`: made, opened from its cache, or fetched into `data_dir` and decoded.

    Raises MixtuiError, with what to do, whenever it cannot be had.
    """
    if dataset == SYNTHETIC:
        return synthetic.make()
    if ":" in dataset and not dataset.startswith(FOLDER_PREFIX):
        return import_path.load(dataset, location)
    with one_at_a_time(location or data_dir / dataset, progress):
        if dataset.startswith(FOLDER_PREFIX):
            return _load_folder(dataset, location, progress)
        return _load_torchvision(find(dataset), data_dir, progress)


def _load_folder(dataset: str, location: Path | None, progress: Progress) -> ImageData:
    if location is None:
        raise MixtuiError(f"It is not known where {dataset} lies on this machine.", "Name it as folder:PATH.")
    listing = folder.scan(location)
    key = cache.lookup_key((file.path, file.size, file.mtime_ns) for file in listing.train + listing.test)
    return cache.open_or_build(
        location.name, key, location, lambda: folder.decode(dataset, listing, progress), progress
    )


def _load_torchvision(info: DatasetInfo, data_dir: Path, progress: Progress) -> ImageData:
    if not is_present(info, data_dir):
        torchvision_data.fetch(info, data_dir, progress)

    def build() -> ImageData:
        progress("decoding", 0.0)
        return torchvision_data.decode(info, data_dir)

    return cache.open_or_build(info.name, _sources_key(info, data_dir), data_dir, build, progress)


def _sources_key(info: DatasetInfo, data_dir: Path) -> str:
    present = [file for source in info.sources for file in source.files_present(data_dir)]
    stats = [(data_dir / file).stat() for file in present]
    return cache.lookup_key((file, stat.st_size, stat.st_mtime_ns) for file, stat in zip(present, stats, strict=True))


def load_test(shift: OtherSet, data_dir: Path, progress: Progress) -> LabelledImages:
    """The test images of another data set. Raises MixtuiError, with what to do, whenever they cannot be had."""
    if shift.location is not None:
        return folder.read_test(shift.location, progress)
    data = load(shift.name, None, data_dir, progress)
    return LabelledImages(data.classes, data.test)
