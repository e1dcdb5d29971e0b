"""Buckets of attempts, in simulated time."""

import pytest

from api.rules.ratelimit import RateLimiter


def test_a_burst_passes_and_then_the_steady_rate() -> None:
    limiter = RateLimiter(rate=2.0, burst=3)

    assert [limiter.spend("ann", 0.0) for _ in range(4)] == [True, True, True, False]
    assert limiter.wait("ann", 0.0) == pytest.approx(0.5)
    assert limiter.spend("ann", 0.5)
    assert not limiter.spend("ann", 0.6)


def test_one_key_does_not_slow_another() -> None:
    limiter = RateLimiter(rate=1.0, burst=1)

    assert limiter.spend("ann", 0.0)
    assert limiter.spend("bob", 0.0)


def test_strangers_without_number_take_bounded_memory() -> None:
    limiter = RateLimiter(rate=1.0, burst=1, capacity=10)
    for number in range(1000):
        limiter.spend(str(number), 0.0)

    assert not limiter.spend("999", 0.0)  # the last are remembered
    assert limiter.spend("0", 0.0)  # the first are forgotten
