"""The states of a visit, whatever happens in whatever order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.visits import (
    EARLY,
    OVERTIME,
    TRANSITIONS,
    Event,
    Status,
    Times,
    after,
    due,
    status_at,
)

NOON = datetime(2027, 3, 4, 12, tzinfo=UTC)
TIMES = Times(NOON, timedelta(minutes=30))
statuses, events = st.sampled_from(Status), st.sampled_from(Event)
moments = st.timedeltas(timedelta(-2), timedelta(2)).map(NOON.__add__)
lengths = st.timedeltas(timedelta(minutes=5), timedelta(hours=12))


@pytest.mark.parametrize(
    ("status", "minutes", "expected"),
    [
        (Status.SCHEDULED, -16, Status.SCHEDULED),
        (Status.SCHEDULED, -15, Status.OPEN),
        (Status.SCHEDULED, 59, Status.OPEN),
        (Status.SCHEDULED, 60, Status.NO_SHOW),
        (Status.OPEN, -30, Status.SCHEDULED),
        (Status.LOBBY, -30, Status.LOBBY),
        (Status.LOBBY, 60, Status.NO_SHOW),
        (Status.LIVE, 59, Status.LIVE),
        (Status.LIVE, 60, Status.ENDED),
        (Status.CANCELLED, 60, Status.CANCELLED),
    ],
)
def test_what_the_time_brings(status: Status, minutes: int, expected: Status) -> None:
    assert status_at(status, TIMES, NOON + timedelta(minutes=minutes)) is expected


@given(st.lists(events))
def test_what_is_over_stays_so_and_only_what_was_finished_ends(happening: list[Event]) -> None:
    status, was_live = Status.SCHEDULED, False
    for event in happening:
        new = after(status, event)
        assert not status.is_over or new is status
        was_live |= new is Status.LIVE
        assert new is not Status.ENDED or new is status or event is Event.FINISHED
        assert new not in (Status.CANCELLED, Status.NO_SHOW) or not was_live
        status = new


@given(statuses, moments, lengths, moments)
def test_the_time_comes_to_an_end_with_each(
    status: Status, begins: datetime, length: timedelta, now: datetime
) -> None:
    own = Times(begins, length)
    found = status_at(status, own, now)
    assert due(found, own, now) is None
    assert status_at(found, own, now) is found
    if now >= own.closes:
        assert found.is_over
    assert own.opens + EARLY == own.begins
    assert own.closes - OVERTIME == own.ends


def test_a_call_that_nobody_answers_is_missed() -> None:
    call = Times(NOON, timedelta(hours=1), NOON + timedelta(seconds=45))
    seconds = (-1, 0, 44, 45)
    found = [status_at(Status.SCHEDULED, call, NOON + timedelta(seconds=n)) for n in seconds]
    assert found == [Status.SCHEDULED, Status.OPEN, Status.OPEN, Status.NO_SHOW]
    assert status_at(Status.LIVE, call, NOON + timedelta(minutes=59)) is Status.LIVE


def test_each_state_is_reached() -> None:
    assert {Status.SCHEDULED, *TRANSITIONS.values()} == set(Status)
    assert {event for _, event in TRANSITIONS} == set(Event)


def test_nobody_is_said_to_have_missed_what_takes_place_elsewhere() -> None:
    elsewhere = Times(NOON, timedelta(minutes=30), is_elsewhere=True)
    for status in (Status.SCHEDULED, Status.OPEN, Status.LOBBY):
        assert status_at(status, elsewhere, NOON + timedelta(minutes=59)) is not Status.ENDED
        assert status_at(status, elsewhere, NOON + timedelta(minutes=60)) is Status.ENDED
