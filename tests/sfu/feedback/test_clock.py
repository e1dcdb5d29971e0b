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
from sfu.tables import Streams


def unheard(rate: int) -> SenderClock:
    return SenderClock(Streams(), 0, rate)


def clock(rate: int, seconds: float, rtp: int) -> SenderClock:
    known = unheard(rate)
    known.receive(ntp_from_seconds(seconds), rtp, 0.0)
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


def test_an_older_report_and_one_without_a_clock_are_passed_over() -> None:
    audio = clock(48_000, 1000.0, 7)
    audio.receive(0, 1, 2.0)
    audio.receive(ntp_from_seconds(999.0), 1, 2.0)

    assert (audio.rtp, audio.ntp) == (7, ntp_from_seconds(1000.0))


def test_layers_of_one_track_are_mapped_onto_each_other() -> None:
    low = clock(90_000, 1000.0, 500)
    high = clock(90_000, 1000.2, 100_000)

    shift = offset(low, high)
    assert shift == 100_000 - 18_000 - 500
    assert offset(high, low) == -shift & 0xFFFFFFFF


def test_no_offset_before_both_have_reported() -> None:
    assert offset(clock(90_000, 1.0, 1), unheard(90_000)) is None
    assert not unheard(90_000).is_known


def test_timestamps_that_begin_anew_have_no_clock_yet() -> None:
    audio = clock(48_000, 1000.0, 7)
    audio.restart(8_000)

    assert (audio.is_known, audio.rate) == (False, 8_000)
