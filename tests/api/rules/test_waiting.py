"""The waiting room: nobody gets in but by being let in, and who has come first is first."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from api.rules.waiting import Admission, Move, Place, estimate, moved, queue

NOON = datetime(2027, 3, 4, 12, tzinfo=UTC)
moves = st.sampled_from(Move)
moments = st.timedeltas(timedelta(hours=-3), timedelta(hours=3)).map(NOON.__add__)
lengths = st.timedeltas(timedelta(0), timedelta(hours=3))
places = st.builds(Place, st.uuids(), moments)


@given(st.lists(moves))
def test_only_admitting_lets_in_and_the_last_word_counts(happening: list[Move]) -> None:
    state = Admission.INVITED
    for move in happening:
        new = moved(state, move)
        if new is None:
            continue
        if new is Admission.ADMITTED and state is not Admission.ADMITTED:
            assert move is Move.ADMIT
        if move in (Move.DENY, Move.PUT_BACK, Move.LEAVE):
            assert new is not Admission.ADMITTED
        state = new


@given(st.sampled_from(Admission))
def test_who_was_denied_does_not_knock_again(state: Admission) -> None:
    found = moved(state, Move.KNOCK)
    assert (found is None) == (state is Admission.DENIED)
    assert moved(state, Move.DENY) is Admission.DENIED
    assert moved(Admission.INVITED, Move.ADMIT) is None


@given(st.lists(places, unique_by=lambda place: place.participant))
def test_everybody_sees_one_queue(waiting: list[Place]) -> None:
    found = queue(waiting)
    assert queue(reversed(waiting)) == found
    assert sorted(waiting, key=str) == sorted(found, key=str)
    assert all(a.since <= b.since for a, b in pairwise(found))


@given(st.lists(lengths, max_size=5), moments | st.none(), moments, moments)
def test_the_wait_is_never_negative_and_never_before_the_appointment(
    before: list[timedelta], running: datetime | None, begins: datetime, now: datetime
) -> None:
    wait = estimate(before, running_ends=running, begins=begins, now=now)
    assert wait >= sum(before, timedelta())
    assert wait >= timedelta()
    assert now + wait >= begins
    assert running is None or now + wait >= running
    longer = estimate([*before, timedelta(minutes=5)], running_ends=running, begins=begins, now=now)
    assert longer >= wait


def test_two_who_come_at_once_are_in_one_order() -> None:
    first, second = Place(UUID(int=1), NOON), Place(UUID(int=2), NOON)
    assert queue([second, first]) == [first, second]
