import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sfu.feedback.clock import middle, ntp_from_seconds
from sfu.feedback.round_trips import round_trip, smooth


@given(st.floats(1, 1e7), st.floats(0, 5), st.floats(0, 10))
def test_a_round_trip_is_what_is_left_without_the_peers_delay(
    sent: float, delay: float, trip: float
) -> None:
    last = middle(ntp_from_seconds(sent))
    assume(last)  # nought says that there was no report (RFC 3550, 6.4.1)
    measured = round_trip(last, int(delay * 65536), sent + delay + trip)

    assert measured == pytest.approx(trip, abs=1e-4)


def test_nonsense_is_no_round_trip() -> None:
    assert round_trip(0, 0, 100.0) is None
    assert round_trip(middle(ntp_from_seconds(100.0)), 0xFFFFFFF, 100.5) is None
    assert round_trip(middle(ntp_from_seconds(1.0)), 0, 100.0) is None


def test_one_odd_round_trip_changes_little() -> None:
    assert smooth(None, 0.1) == 0.1
    assert smooth(0.1, 0.9) == pytest.approx(0.2)
