"""How late the load test is."""

import pytest

from api.loadtest.lag import Lag


def test_a_tick_in_time_has_no_lag() -> None:
    lag = Lag(0.001)
    for _ in range(100):
        lag.note(0.0001)

    assert lag.quantile(0.99) == pytest.approx(0.0001)


def test_a_stall_counts_for_all_that_was_due_meanwhile() -> None:
    lag = Lag(0.001)
    for _ in range(900):
        lag.note(0.0)
    lag.note(0.1)

    assert lag.quantile(0.5) == 0.0
    assert lag.quantile(0.99) == pytest.approx(0.09, abs=0.002)
