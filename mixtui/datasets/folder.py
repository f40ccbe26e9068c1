"""A folder of images, `train/CLASS/…` and `test/CLASS/…`, as torchvision's ImageFolder reads it."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mixtui.datasets.arrays import ImageData, LabelledImages, Progress, Split, image_data
from mixtui.errors import MixtuiError

_SUFFIXES = tuple(".jpg .jpeg .png .ppm .bmp .pgm .tif .tiff .webp".split())  # those of ImageFolder
_GREY_MODES = ("1", "L")
_COLOUR_MODES = ("LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")
_BATCH = 200  # images a thread decodes at a time


class ImageFile(NamedTuple):
    """An image's path relative to the data set's root, size in bytes, time of last change, and class."""

    path: str
    size: int
    mtime_ns: int
    label: int


@dataclass(frozen=True)
class Listing:
    """What is in a folder of images, in sorted order; no image has been opened yet."""

    root: Path
    classes: tuple[str, ...]
    train: tuple[ImageFile, ...]
    test: tuple[ImageFile, ...]
    warnings: tuple[str, ...]


def scan(root: Path) -> Listing:
    """List the images under `root`. Hidden files and files that are no images are passed over.

    Raises MixtuiError for a missing folder, an empty class, and a class that is in `test/` alone.
    """
    classes = _class_folders(root / "train")
    test_classes = _class_folders(root / "test")
    for name in test_classes:
        if name not in classes:
            raise MixtuiError(
                f"{root}: class {name!r} is in test/ but not in train/.",
                "Class folders have equal names in both.",
            )
    untested = [name for name in classes if name not in test_classes]
    return Listing(
        root,
        classes,
        train=tuple(_image_files(root, "train", classes, classes)),
        test=tuple(_image_files(root, "test", test_classes, classes)),
        warnings=(f"No test images of {', '.join(untested)}.",) if untested else (),
    )


def decode(name: str, listing: Listing, progress: Progress) -> ImageData:
    """Decode every image. All grey: one channel; else RGB, as Pillow converts it (transparency is dropped).

    Raises MixtuiError for a file that is no sound 8-bit image, and for images of different sizes.
    """
    images = _decode_all(listing.root, listing.train + listing.test, progress)
    labels = np.array([file.label for file in listing.train + listing.test], np.int64)
    n_train = len(listing.train)
    return image_data(
        name,
        listing.classes,
        Split(images[:n_train], labels[:n_train]),
        Split(images[n_train:], labels[n_train:]),
        warnings=listing.warnings,
    )


def read_test(root: Path, progress: Progress) -> LabelledImages:
    """The images of `root/test/CLASS/…`, or where there is no `test/`, of `root/CLASS/…`.

    Raises MixtuiError as `scan` and `decode` do.
    """
    part = "test" if (root / "test").is_dir() else "."
    classes = _class_folders(root / part)
    files = tuple(_image_files(root, part, classes, classes))
    labels = np.array([file.label for file in files], np.int64)
    return LabelledImages(classes, Split(_decode_all(root, files, progress), labels))


def _class_folders(part: Path) -> tuple[str, ...]:
    try:
        with os.scandir(part) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except OSError as error:
        raise MixtuiError(f"{part} cannot be read: {error.strerror}.", "Check the path and its permissions.") from error
    if not names:
        raise MixtuiError(f"There are no class folders in {part}.", f"Put the images into {part}/CLASS/.")
    return tuple(names)


def _image_files(root: Path, part: str, folders: tuple[str, ...], classes: tuple[str, ...]) -> Iterator[ImageFile]:
    for name in folders:
        folder = root / part / name
        try:
            found = sorted(_walk(folder, f"{part}/{name}", classes.index(name)))
        except OSError as error:
            raise MixtuiError(
                f"{error.filename} cannot be read: {error.strerror}.", "Check its permissions and links."
            ) from error
        if not found:
            raise MixtuiError(
                f"There are no images in {folder}.",
                f"Add images ({', '.join(suffix[1:] for suffix in _SUFFIXES)}) or remove the folder.",
            )
        yield from found


def _walk(folder: Path | str, relative: str, label: int) -> Iterator[ImageFile]:
    """Images in a folder and, as ImageFolder does it, in the folders inside it. Follows links."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from _walk(entry.path, f"{relative}/{entry.name}", label)
            elif entry.name.lower().endswith(_SUFFIXES):
                stat = entry.stat()
                yield ImageFile(f"{relative}/{entry.name}", stat.st_size, stat.st_mtime_ns, label)


def _decode_all(root: Path, files: tuple[ImageFile, ...], progress: Progress) -> NDArray[np.uint8]:
    """(N, H, W, C) of all files, C = 1 as long as every image is grey."""
    first = _decode_file(root, files[0])
    images = np.empty((len(files), *first.shape), np.uint8)
    batches = [files[start : start + _BATCH] for start in range(0, len(files), _BATCH)]

    def decode_batch(batch: tuple[ImageFile, ...]) -> list[NDArray[np.uint8]]:
        return [_decode_file(root, file) for file in batch]

    done = 0
    with ThreadPoolExecutor() as pool:  # Pillow decodes without the interpreter's lock
        for batch, decoded in zip(batches, pool.map(decode_batch, batches), strict=True):
            for file, image in zip(batch, decoded, strict=True):
                if image.shape[:2] != first.shape[:2]:
                    raise _mixed_sizes(root, files[0], first, file, image)
                if image.shape[2] > images.shape[3]:  # the first colour image after grey ones
                    images = np.repeat(images, image.shape[2], axis=3)
                images[done] = image  # grey spreads over three channels
                done += 1
            progress("decoding", done / len(files))
    return images


def _mixed_sizes(
    root: Path,
    first: ImageFile,
    first_image: NDArray[np.uint8],
    other: ImageFile,
    other_image: NDArray[np.uint8],
) -> MixtuiError:
    def described(file: ImageFile, image: NDArray[np.uint8]) -> str:
        return f"{file.path} is {image.shape[1]} × {image.shape[0]}"

    return MixtuiError(
        f"{root}: images differ in size: {described(first, first_image)}, {described(other, other_image)}.",
        "Resize all images to one size first.",
    )


def _decode_file(root: Path, file: ImageFile) -> NDArray[np.uint8]:
    """(H, W, 1) of a grey image, (H, W, 3) of any other."""
    path = root / file.path
    try:
        with Image.open(path) as image:
            mode = image.mode
            if mode in _GREY_MODES:
                return np.asarray(image.convert("L"))[:, :, None]
            if mode in _COLOUR_MODES:
                image.load()
                image.info.pop("transparency", None)  # Pillow warns of dropping it
                return np.asarray(image.convert("RGB"))
    except Exception as error:  # on damaged bytes Pillow's decoders raise more kinds than are documented
        raise MixtuiError(f"{path} cannot be decoded: {error}.", "Replace or remove the file.") from error
    raise MixtuiError(f"{path} is not an 8-bit image (Pillow's mode {mode}).", "Convert it to 8 bits a channel.")
