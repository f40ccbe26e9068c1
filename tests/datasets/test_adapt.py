"""Images made fit for a network that was trained on others."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mixtui.datasets.adapt import adapt_images
from mixtui.errors import MixtuiError

COLOUR = np.random.default_rng(1).integers(256, size=(3, 6, 8, 3), dtype=np.uint8)


def test_images_that_fit_are_left_alone() -> None:
    assert adapt_images("x", COLOUR, (6, 8, 3)) is COLOUR


def test_grey_spreads_over_three_channels() -> None:
    fitted = adapt_images("x", COLOUR[..., :1], (6, 8, 3))
    assert (fitted == COLOUR[..., :1]).all()
    assert fitted.shape == COLOUR.shape


def test_colour_becomes_the_grey_that_pillow_makes_of_it() -> None:
    expected = np.stack([np.asarray(Image.fromarray(image).convert("L")) for image in COLOUR])
    assert (adapt_images("x", COLOUR, (6, 8, 1))[..., 0] == expected).all()


def test_sizes_change_as_pillow_does_it() -> None:
    expected = [np.asarray(Image.fromarray(image).resize((16, 12), Image.Resampling.BILINEAR)) for image in COLOUR]
    assert (adapt_images("x", COLOUR, (12, 16, 3)) == np.stack(expected)).all()


def test_a_flat_image_stays_flat_at_any_size() -> None:
    flat = np.full((1, 28, 28, 1), 9, np.uint8)
    for shape in ((32, 32, 3), (5, 40, 1), (1, 1, 3)):
        fitted = adapt_images("x", flat, shape)
        assert fitted.shape == (1, *shape)
        assert (fitted == 9).all()


def test_other_channels_are_refused() -> None:
    with pytest.raises(MixtuiError, match="x has images of 3 channels, and the network takes 4"):
        adapt_images("x", COLOUR, (6, 8, 4))
