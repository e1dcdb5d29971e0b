"""Series keep their time on the wall, and are as long as was agreed."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.recurrence import (
    MOST,
    Day,
    Frequency,
    Recurrence,
    RecurrenceError,
    expand,
    moment,
    wall_clock,
)

BERLIN = "Europe/Berlin"
WEEKLY = Recurrence(Frequency.WEEKLY, count=4)
NINE = datetime(2027, 3, 15, 9)  # a Monday; the clocks change on the 28th


def test_without_a_rule_it_is_once() -> None:
    assert expand(NINE, BERLIN, None) == [datetime(2027, 3, 15, 8, tzinfo=UTC)]


def test_nine_is_nine_on_either_side_of_a_change_of_clocks() -> None:
    found = expand(NINE, BERLIN, WEEKLY)

    assert [at.astimezone(ZoneInfo(BERLIN)).hour for at in found] == [9] * 4
    assert [at.hour for at in found] == [8, 8, 7, 7]


def test_days_intervals_and_ends() -> None:
    both = Recurrence(
        Frequency.WEEKLY, 2, (Day.MON, Day.THU), None, date(2027, 4, 1)
    )  # fmt: skip
    days = [wall_clock(at, BERLIN).day for at in expand(NINE, BERLIN, both)]
    assert days == [15, 18, 29, 1]
    monthly = Recurrence(Frequency.MONTHLY, count=3)
    months = [
        wall_clock(at, BERLIN).date() for at in expand(datetime(2027, 1, 31), BERLIN, monthly)
    ]
    assert months == [date(2027, 1, 31), date(2027, 3, 31), date(2027, 5, 31)]
    assert len(expand(NINE, BERLIN, Recurrence(Frequency.DAILY, count=MOST))) == MOST


@pytest.mark.parametrize(
    "rule",
    [
        Recurrence(Frequency.WEEKLY),
        Recurrence(Frequency.WEEKLY, count=2, until=date(2027, 4, 1)),
        Recurrence(Frequency.DAILY, days=(Day.MON,), count=2),
        Recurrence(Frequency.WEEKLY, days=(Day.TUE,), count=2),
        Recurrence(Frequency.WEEKLY, until=date(2027, 3, 14)),
        Recurrence(Frequency.DAILY, until=date(2029, 1, 1)),
    ],
)
def test_what_makes_no_series_is_told(rule: Recurrence) -> None:
    with pytest.raises(RecurrenceError):
        expand(NINE, BERLIN, rule)


def test_a_time_that_the_clocks_leave_out_or_have_twice_is_one_moment() -> None:
    assert moment(datetime(2027, 3, 28, 2, 30), BERLIN) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert moment(datetime(2027, 10, 31, 2, 30), BERLIN) == datetime(
        2027, 10, 31, 0, 30, tzinfo=UTC
    )


@given(
    st.sampled_from(Frequency),
    st.integers(1, 12),
    st.integers(1, MOST),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),
    st.sampled_from(["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_a_series_goes_on_and_comes_back_from_json(
    frequency: Frequency, interval: int, count: int, first: datetime, zone: str
) -> None:
    rule = Recurrence(frequency, interval, (), count)
    found = expand(first.replace(second=0, microsecond=0), zone, rule)

    assert found == sorted(set(found))
    assert len(found) == count
    assert Recurrence.of_json(rule.as_json()) == rule
