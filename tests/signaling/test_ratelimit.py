"""Buckets of attempts, in simulated time."""

import pytest

from signaling.ratelimit import RateLimiter, neighbourhood


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


def test_one_source_is_an_address_or_a_household() -> None:
    assert neighbourhood("192.0.2.1") == neighbourhood("::ffff:192.0.2.1") == "192.0.2.1"
    assert neighbourhood("2001:db8::1") == neighbourhood("2001:db8::2%eth0")
    assert neighbourhood("2001:db8:0:1::1") != neighbourhood("2001:db8::1")


def test_this_machine_is_no_source() -> None:
    for address in ("127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "", "a socket"):
        assert neighbourhood(address) is None
