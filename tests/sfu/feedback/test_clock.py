import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.feedback.clock import (
    SenderClock,
    middle,
    ntp_from_seconds,
    offset,
    seconds_from_ntp,
)


def clock(rate: int, seconds: float, rtp: int, now: float = 0.0) -> SenderClock:
    known = SenderClock(rate)
    known.receive(ntp_from_seconds(seconds), rtp, now)
    return known


@given(st.floats(0, 2**32 - 1))
def test_seconds_survive_ntp(seconds: float) -> None:
    assert seconds_from_ntp(ntp_from_seconds(seconds)) == pytest.approx(seconds, abs=1e-9)


def test_the_middle_of_a_time() -> None:
    assert middle(0x1111_2222_3333_4444) == 0x2222_3333


def test_a_report_maps_both_clocks() -> None:
    video = clock(90_000, 1000.0, 0xFFFFFFF0)

    assert video.rtp_at(ntp_from_seconds(1000.5)) == 45_000 - 16
    assert video.rtp_at(ntp_from_seconds(999.0)) == 0xFFFFFFF0 - 90_000
    assert seconds_from_ntp(video.ntp_of(45_000 - 16)) == pytest.approx(1000.5)
    assert seconds_from_ntp(video.ntp_of(0xFFFFFFF0 - 90_000)) == pytest.approx(999.0)


def test_both_clocks_run_on_after_the_report() -> None:
    audio = clock(48_000, 1000.0, 7, now=50.0)

    assert audio.rtp_now(51.0) == 48_007
    assert seconds_from_ntp(audio.ntp_now(51.0)) == pytest.approx(1001.0)


def test_an_older_report_and_one_without_a_clock_are_passed_over() -> None:
    audio = clock(48_000, 1000.0, 7)
    audio.receive(0, 1, 2.0)
    audio.receive(ntp_from_seconds(999.0), 1, 2.0)

    assert (audio.rtp, audio.arrival) == (7, 0.0)


def test_layers_of_one_track_are_mapped_onto_each_other() -> None:
    low = clock(90_000, 1000.0, 500)
    high = clock(90_000, 1000.2, 100_000)

    shift = offset(low, high)
    assert shift == 100_000 - 18_000 - 500
    assert offset(high, low) == -shift & 0xFFFFFFFF


def test_no_offset_before_both_have_reported() -> None:
    assert offset(clock(90_000, 1.0, 1), SenderClock(90_000)) is None
    assert not SenderClock(90_000).is_known
