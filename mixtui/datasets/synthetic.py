"""An embedded data set whose true class posterior is known: for demonstrations and tests without a network.

Each image shows one of ten smooth random templates, shifted circularly, at a random contrast, under mild
pixel noise. Its label is that template's class with a probability that rises with the contrast, else one of
the other nine, uniformly. So the posterior given what made the image (template and contrast) is known
exactly, and nothing in it is made by mixing. It is a demonstration and never evidence about mixup: a
network trained on noisy labels grows overconfident on them, and mixup, like anything that softens targets,
gains more here than on clean labels.

The same on every machine to the last bit: randomness is the raw output of Philox (NumPy keeps the streams
of bit generators stable, but not the methods of Generator), pixels are whole-number arithmetic, and what
little is floating-point is either IEEE 754 basic arithmetic, rounded alike everywhere, or a table rounded
to whole numbers, none of whose entries lies so near a half that another mathematics library could round it
the other way.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mixtui.datasets.arrays import ImageData, Split, image_data
from mixtui.datasets.catalog import SYNTHETIC, find
from mixtui.errors import MixtuiError

KEY = "d8811c2300f67e8c60c73fc2c4cc2ca941f020635f6f8710771f9e69c7a9fc75"
"""SHA-256 of the data set (`ImageData.key`): a machine that makes another one is told so."""

_INFO = find(SYNTHETIC)
_SIZE = _INFO.size
_N_CLASSES = _INFO.classes

_CUTOFF = 0.08  # cycles per pixel: the highest frequency in a template
_GREY = 128  # the mean of a pixel
_UNIT = 24  # grey levels per standard deviation of a template at contrast 1: hardly a pixel is clipped
_FRACTION = 256  # templates are stored in fixed point, in this part of a grey level
_NOISE = 0.7  # standard deviation of the pixel noise, in units of _UNIT
_CONTRAST = (20, 140)  # hundredths: the contrast is uniform on 0.20, 0.21, …, 1.40
_KEPT = (0.55, 0.98)  # probability that a label is its template's class, at the least and the greatest contrast
_CHUNK = 500  # images made at a time, to stay within the processor's cache

# Streams of Philox: a pair is one key.
_SEED = 1
_TEMPLATES, _TRAIN, _TRAIN_NOISE, _TEST, _TEST_NOISE = range(5)


@dataclass(frozen=True, eq=False)
class _Recipe:
    """What makes the images of a split, but for the pixel noise; each (N,)."""

    template: NDArray[np.int64]
    contrast: NDArray[np.int64]
    """In hundredths."""
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    label: NDArray[np.int64]


def make() -> ImageData:
    """The whole data set, in about a second. Raises MixtuiError where this machine makes it differently."""
    templates = _templates()
    train, test = _recipe(_TRAIN, _INFO.n_train), _recipe(_TEST, _INFO.n_test)
    data = image_data(
        SYNTHETIC,
        tuple(f"template {i}" for i in range(_N_CLASSES)),
        Split(_images(templates, train, _TRAIN_NOISE), train.label),
        Split(_images(templates, test, _TEST_NOISE), test.label),
    )
    if data.key != KEY:
        raise MixtuiError(
            "This machine makes another synthetic data set than others do.",
            "Use another data set, and report this with the versions of NumPy and Python.",
        )
    return data


def posterior_of_test() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """True posterior of the test images (n_test, n_classes) and their labels (n_test,), making no image."""
    recipe = _recipe(_TEST, _INFO.n_test)
    return _posterior(recipe), recipe.label


def mean_total_variation(probs: NDArray[np.floating], truth: NDArray[np.float64]) -> float:
    """Mean total variation distance between rows, ½ Σ |p - q|, from 0 to 1. Both are (N, n_classes)."""
    return float(0.5 * np.abs(probs - truth).sum(axis=1).mean())


def _recipe(stream: int, count: int) -> _Recipe:
    raw = _raw(stream, 6 * count).reshape(6, count)
    # A remainder of 64 random bits is uniform to 18 digits.
    template, shade, row, column, other = (
        (raw[i] % n).astype(np.int64)
        for i, n in enumerate((_N_CLASSES, _CONTRAST[1] - _CONTRAST[0] + 1, _SIZE, _SIZE, _N_CLASSES - 1))
    )
    contrast = _CONTRAST[0] + shade
    uniform = (raw[5] >> np.uint64(11)) * 2.0**-53
    wrong = (template + 1 + other) % _N_CLASSES
    label = np.where(uniform < _kept(contrast), template, wrong)
    return _Recipe(template, contrast, row, column, label)


def _kept(contrast: NDArray[np.int64]) -> NDArray[np.float64]:
    """Probability that an image of this contrast is labelled with its template's class."""
    (low, high), (least, greatest) = _CONTRAST, _KEPT
    return least + (greatest - least) * (contrast - low) / (high - low)


def _posterior(recipe: _Recipe) -> NDArray[np.float64]:
    kept = _kept(recipe.contrast)
    posterior = np.repeat((1 - kept)[:, None] / (_N_CLASSES - 1), _N_CLASSES, axis=1)
    posterior[np.arange(len(kept)), recipe.template] = kept
    return posterior


def _raw(stream: int, count: int) -> NDArray[np.uint64]:
    return np.random.Philox(key=np.array([_SEED, stream], np.uint64)).random_raw(count)


def _normal(stream: int, count: int) -> NDArray[np.int32]:
    """Whole numbers, about normal with standard deviation _NOISE · _UNIT, from a random byte each."""
    deviation = NormalDist(sigma=_NOISE * _UNIT)
    table = np.array([round(deviation.inv_cdf((i + 0.5) / 256)) for i in range(256)], np.int32)
    index = _raw(stream, -(-count // 8)).astype("<u8").view(np.uint8)[:count]
    return table[index]


def _templates() -> NDArray[np.int32]:
    """(10, 32, 32, 3), each channel of unit variance, in fixed point: _UNIT · _FRACTION is 1."""
    # One of each pair of opposite wave vectors, in whole cycles per image, so that a template wraps around.
    reach = range(-_SIZE, _SIZE + 1)
    waves = [(u, v) for u in reach for v in reach if (u, v) > (0, 0) and math.hypot(u, v) <= _CUTOFF * _SIZE]
    cosine = np.array([round(4096 * math.cos(2 * math.pi * i / _SIZE)) for i in range(_SIZE)], np.int64)
    row, column = np.mgrid[:_SIZE, :_SIZE]
    phase = np.stack([u * row + v * column for u, v in waves])
    basis = np.concatenate([cosine[phase % _SIZE], cosine[(phase - _SIZE // 4) % _SIZE]])  # cosines, then sines
    weight = _normal(_TEMPLATES, _N_CLASSES * _INFO.channels * len(basis)).astype(np.int64)
    weight = weight.reshape(_N_CLASSES, _INFO.channels, len(basis))
    wave_sum: NDArray[np.int64] = np.einsum("tcb,byx->tyxc", weight, basis)
    deviation = np.sqrt((wave_sum * wave_sum).sum(axis=(1, 2), keepdims=True) / _SIZE**2)
    templates: NDArray[np.float64] = np.rint(wave_sum * (_UNIT * _FRACTION) / deviation)
    return templates.astype(np.int32)


def _images(templates: NDArray[np.int32], recipe: _Recipe, noise_stream: int) -> NDArray[np.uint8]:
    shape = (len(recipe.label), _SIZE, _SIZE, _INFO.channels)
    noise = _normal(noise_stream, math.prod(shape)).reshape(shape)
    # Every circular shift of a template is a window on the template laid twice each way.
    windows = sliding_window_view(np.tile(templates, (1, 2, 2, 1)), (_SIZE, _SIZE), axis=(1, 2))
    images = np.empty(shape, np.uint8)
    per_level = 100 * _FRACTION
    for start in range(0, len(images), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        shown = windows[recipe.template[chunk], recipe.row[chunk], recipe.column[chunk]].transpose(0, 2, 3, 1)
        signal = (shown * recipe.contrast[chunk, None, None, None].astype(np.int32) + per_level // 2) // per_level
        images[chunk] = np.clip(_GREY + signal + noise[chunk], 0, 255)
    return images
