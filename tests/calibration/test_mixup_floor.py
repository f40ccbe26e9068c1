"""What mixup's loss and accuracy on mixed batches cannot pass."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mixtui.calibration.mixup_floor import mean_stronger_weight, mixed_accuracy_ceiling, mixed_loss_floor

# For ten balanced classes: α, floor of the loss in nats, ceiling of the λ-weighted accuracy.
TABLE = [(0.2, 0.205, 0.909), (0.4, 0.312, 0.856), (0.7, 0.400, 0.806), (1.0, 0.450, 0.775)]


@pytest.mark.parametrize(("alpha", "floor", "ceiling"), TABLE)
def test_the_known_values_for_ten_classes(alpha: float, floor: float, ceiling: float) -> None:
    assert mixed_loss_floor(alpha, 10) == pytest.approx(floor, abs=0.0005)
    assert mixed_accuracy_ceiling(alpha, 10) == pytest.approx(ceiling, abs=0.0006)


@pytest.mark.parametrize("alpha", [0.1, 0.4, 1.0, 4.0])
@pytest.mark.parametrize("classes", [2, 10])
def test_a_network_that_knew_every_target_would_score_just_that(alpha: float, classes: int) -> None:
    generator = np.random.default_rng(7)
    n = 200_000
    lam = generator.beta(alpha, alpha, n)
    mixed = generator.integers(classes, size=n) != generator.integers(classes, size=n)  # two classes in the image
    # The best prediction is the target itself: its cross-entropy is its entropy.
    kept = np.clip(lam, 1e-300, 1 - 1e-16)
    entropy = np.where(mixed, -(kept * np.log(kept) + (1 - kept) * np.log1p(-kept)), 0)
    accuracy = np.where(mixed, np.maximum(lam, 1 - lam), 1)
    assert entropy.mean() == pytest.approx(mixed_loss_floor(alpha, classes), abs=0.005)
    assert accuracy.mean() == pytest.approx(mixed_accuracy_ceiling(alpha, classes), abs=0.005)
    assert np.maximum(lam, 1 - lam).mean() == pytest.approx(mean_stronger_weight(alpha), abs=0.005)


def test_without_mixing_nothing_is_out_of_reach() -> None:
    assert (mixed_loss_floor(0, 10), mixed_accuracy_ceiling(0, 10), mean_stronger_weight(0)) == (0, 1, 1)


@settings(max_examples=50)
@given(exponent=st.floats(-6, 9), classes=st.integers(2, 1000))
@example(exponent=-6, classes=10)
@example(exponent=9, classes=10)
def test_any_alpha_has_a_floor_between_none_and_an_even_mixture(exponent: float, classes: int) -> None:
    alpha = 10.0**exponent
    floor, ceiling = mixed_loss_floor(alpha, classes), mixed_accuracy_ceiling(alpha, classes)
    others = 1 - 1 / classes  # of pairs that mix two classes
    assert 0 < floor <= others * math.log(2) + 1e-9
    assert 1 - others / 2 - 1e-6 <= ceiling <= 1
    assert mixed_loss_floor(alpha * 1.1, classes) >= floor - 1e-9
    assert mixed_accuracy_ceiling(alpha * 1.1, classes) <= ceiling + 1e-6
