"""Reminders come a day, an hour and ten minutes before, and none comes for nothing."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from api.rules.reminding import FRESH, LEADS, first_moment, is_worth_it, next_moment, useful_until

START = datetime(2027, 3, 5, 13, tzinfo=UTC)


def before(**difference: float) -> datetime:
    return START - timedelta(**difference)


def test_there_are_three() -> None:
    moments, at = [], before(days=30)
    while (following := next_moment(START, at)) is not None:
        moments.append(START - following)
        at = following

    assert moments == [timedelta(hours=24), timedelta(hours=1), timedelta(minutes=10)]


def test_who_has_just_been_told_is_not_reminded_at_once() -> None:
    assert first_moment(START, before(hours=24, minutes=3)) == before(hours=1)
    assert first_moment(START, before(hours=24, minutes=6)) == before(hours=24)
    assert first_moment(START, before(minutes=12)) is None


def test_one_that_is_late_is_left_out_when_the_next_is_near() -> None:
    assert is_worth_it(START, before(hours=5))
    assert not is_worth_it(START, before(hours=1, minutes=4))
    assert is_worth_it(START, before(hours=1))
    assert is_worth_it(START, before(minutes=9))
    assert not is_worth_it(START, START)


def test_one_is_of_use_until_the_next() -> None:
    assert useful_until(START, before(hours=24)) == before(hours=1)
    assert useful_until(START, before(minutes=10)) == START


@given(st.integers(min_value=0, max_value=3 * 86_400))
def test_the_next_moment_is_a_lead_before_the_start_and_in_the_time_to_come(seconds: int) -> None:
    now = before(seconds=seconds)
    following = next_moment(START, now)
    first = first_moment(START, now)

    assert following is None or (following > now and START - following in LEADS)
    assert first is None or first - now > FRESH
