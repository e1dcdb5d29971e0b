"""Quantiles of many latencies."""

import numpy as np
import pytest

from api.loadtest.histogram import Histogram, add


def made_of(*seconds: float) -> Histogram:
    histogram = Histogram()
    for one in seconds:
        add(histogram.counts, one)
    return histogram


def test_quantiles_are_good_to_one_per_cent() -> None:
    histogram = made_of(*np.linspace(0.001, 0.002, 1001).tolist())

    assert histogram.quantile(0.5) == pytest.approx(0.0015, rel=0.01)
    assert histogram.quantile(0.99) == pytest.approx(0.00199, rel=0.01)


def test_a_few_slow_ones_show_at_the_end() -> None:
    histogram = made_of(*[0.001] * 998, *[0.5] * 2)

    assert histogram.quantile(0.99) == pytest.approx(0.001, rel=0.01)
    assert histogram.quantile(0.999) == pytest.approx(0.5, rel=0.01)


def test_without_any_there_is_no_quantile() -> None:
    assert Histogram().quantile(0.5) is None


def test_what_is_out_of_range_counts_at_its_ends() -> None:
    histogram = made_of(-0.5, 0.0, 1e9)

    assert histogram.count == 3
    assert [count for _, count in histogram.buckets()] == [2, 1]
