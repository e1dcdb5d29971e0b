import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.rewrite.splice import distance, next_timestamp

RATE = 90000


def test_the_reports_decide_when_they_agree_with_the_clock() -> None:
    assert next_timestamp(1000, 3000, mapped=4100, rate=RATE) == 4100


def test_time_passed_decides_without_reports() -> None:
    assert next_timestamp(1000, 3000, mapped=None, rate=RATE) == 4000


def test_time_passed_decides_when_the_reports_say_what_cannot_be() -> None:
    assert next_timestamp(1000, 3000, mapped=1000 + 60 * RATE, rate=RATE) == 4000


def test_a_frame_of_the_same_moment_is_one_tick_later() -> None:
    assert next_timestamp(1000, 0, mapped=1000, rate=RATE) == 1001
    assert next_timestamp(1000, 500, mapped=400, rate=RATE) == 1001


@pytest.mark.parametrize(
    ("start", "end", "steps"), [(5, 8, 3), (8, 5, -3), (0xFFFFFFFF, 1, 2), (1, 0xFFFFFFFF, -2)]
)
def test_distance_goes_the_short_way_round(start: int, end: int, steps: int) -> None:
    assert distance(start, end) == steps


@given(
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 90000 * 3600),
    st.none() | st.integers(0, 0xFFFFFFFF),
)
def test_times_only_grow(last: int, elapsed: int, mapped: int | None) -> None:
    chosen = next_timestamp(last, elapsed, mapped, RATE)

    assert 0 <= chosen <= 0xFFFFFFFF
    assert distance(last, chosen) > 0
