"""From images in memory to the tensors of a step."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.datasets.arrays import ImageData
from mixtui.training.batches import Normaliser, batch_bounds, clean_sample, epoch_order

CPU = torch.device("cpu")


@settings(deadline=None)  # a busy machine is slow at times
@given(st.integers(1, 300), st.integers(1, 400))
def test_batches_cover_every_image_once(n: int, batch_size: int) -> None:
    bounds = batch_bounds(n, batch_size)
    assert [i for start, stop in bounds for i in range(start, stop)] == list(range(n))
    sizes = [stop - start for start, stop in bounds]
    assert all(size == batch_size for size in sizes[:-1])
    assert sizes[-1] <= batch_size + 1
    if batch_size > 1 and n > 1:
        assert min(sizes) > 1


@pytest.mark.parametrize(
    ("n", "batch_size", "sizes"),
    [(16, 8, [8, 8]), (18, 8, [8, 8, 2]), (17, 8, [8, 9]), (5, 64, [5]), (1, 8, [1]), (3, 1, [1, 1, 1]), (3, 2, [3])],
)
def test_sizes_of_batches(n: int, batch_size: int, sizes: list[int]) -> None:
    assert [stop - start for start, stop in batch_bounds(n, batch_size)] == sizes


def test_every_epoch_visits_every_image_in_an_order_of_its_own() -> None:
    orders = [epoch_order(50, seed, epoch).tolist() for seed in (0, 1) for epoch in (0, 1, 2)]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert len({tuple(order) for order in orders}) == len(orders)
    assert epoch_order(50, 1, 2).tolist() == orders[-1]


@pytest.mark.parametrize(("n_train", "n_test", "size"), [(50, 20, 20), (20, 50, 20), (7, 7, 7)])
def test_the_clean_sample_is_as_large_as_the_test_split(n_train: int, n_test: int, size: int) -> None:
    sample = clean_sample(n_train, n_test)
    assert len(set(sample.tolist())) == size
    assert sample.tolist() == sorted(sample.tolist())
    assert 0 <= sample.min() <= sample.max() < n_train
    assert sample.tolist() == clean_sample(n_train, n_test).tolist()


def test_training_images_are_normalised_to_mean_0_and_sd_1(data: ImageData) -> None:
    images = Normaliser(data, CPU)(torch.from_numpy(np.array(data.train.images)))
    assert images.shape == (25, 3, 8, 8)
    assert images.dtype == torch.float32
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(images.mean((0, 2, 3)), torch.zeros(3), atol=1e-5)
    assert torch.allclose(images.std((0, 2, 3), correction=0), torch.ones(3), atol=1e-5)
    pixel = (data.train.images[3, 4, 5, 1] - data.mean[1]) / data.std[1]
    assert images[3, 1, 4, 5].item() == pytest.approx(pixel, abs=1e-5)


def test_a_constant_channel_stays_finite(data: ImageData) -> None:
    constant = dataclasses.replace(data, mean=(200.0, 0.0, 9.0), std=(0.0, 0.0, 3.0))
    images = Normaliser(constant, CPU)(torch.full((2, 8, 8, 3), 200, dtype=torch.uint8))
    assert images[:, 0].abs().max() < 1e-4
    assert torch.isfinite(images).all()


def test_one_channel(data: ImageData) -> None:
    grey = dataclasses.replace(data, mean=data.mean[:1], std=data.std[:1])
    colours = torch.from_numpy(np.array(data.train.images))
    assert torch.equal(Normaliser(grey, CPU)(colours[..., :1]), Normaliser(data, CPU)(colours)[:, :1])
