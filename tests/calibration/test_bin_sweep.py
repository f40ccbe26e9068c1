"""ECE against the number of bins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.calibration.bin_scores import ece
from mixtui.calibration.bin_sweep import ece_by_m, floor_by_m
from mixtui.calibration.bins import EXACT_M, FINE_BINS, equal_width
from mixtui.calibration.noise_floor import noise_floor
from mixtui.errors import MixtuiError

on_edges = st.integers(0, FINE_BINS).map(lambda k: k / FINE_BINS)
samples = st.lists(st.tuples(st.one_of(on_edges, st.floats(0, 1)), st.booleans()), min_size=1, max_size=60)


@settings(max_examples=50)
@given(samples)
def test_each_is_the_ece_of_its_bins(pairs):
    confidence, correct = (np.array(values) for values in zip(*pairs, strict=True))
    assert ece_by_m(equal_width(confidence, correct, FINE_BINS)) == {
        m: pytest.approx(ece(equal_width(confidence, correct, m))) for m in EXACT_M
    }


def test_each_has_its_noise_floor():
    fine = equal_width([0.3, 0.5, 0.9], [0, 1, 1], FINE_BINS)
    assert floor_by_m(fine) == {m: noise_floor(fine, m) for m in EXACT_M}


def test_impossible_numbers_of_bins_are_refused():
    with pytest.raises(MixtuiError, match="15 bins cannot be merged into 10"):
        ece_by_m(equal_width([0.5], [1], 15))
