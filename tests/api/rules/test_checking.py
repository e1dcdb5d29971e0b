"""An incident begins with the first bad look, is over with the first good one, and ends later."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from api.rules.checking import CALM, SENTENCES, Found, Incident, Open, Part, Reason, follow

NOON = datetime(2027, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REASONS = {
    Part.ROOM: set(Reason),
    Part.RELAY: set(Reason),
    Part.MAIL: {Reason.REFUSED, Reason.SILENT},
    Part.DATABASE: {Reason.SILENT, Reason.LOST},
}


def ids() -> Iterator[UUID]:
    while True:
        yield uuid4()


def relay(reason: Reason | None, place: str = "turn:r.example:3478?transport=udp") -> Found:
    return Found(Part.RELAY, reason, 0.1, place)


def days(*reasons: Reason | None) -> list[Open]:
    """After each minute's look."""
    open: Open = {}
    seen = []
    for minute, reason in enumerate(reasons):
        open = follow(open, [relay(reason)], ids(), NOON + minute * MINUTE)
        seen.append(open)
    return seen


def one(open: Open) -> Incident:
    return open[Part.RELAY]


def test_all_is_well() -> None:
    assert days(None, None) == [{}, {}]


def test_it_begins_with_the_first_bad_look_and_stays_the_same_one() -> None:
    first, second = map(one, days(Reason.SILENT, Reason.REFUSED))

    assert (first.is_on, first.reason, first.begun_at) == (True, Reason.SILENT, NOON)
    assert (second.id, second.begun_at) == (first.id, NOON)
    assert second.reason is Reason.REFUSED


def test_it_is_over_with_the_first_good_look_and_ends_when_that_lasts() -> None:
    calm = int(CALM / MINUTE)
    seen = days(Reason.SILENT, *[None] * (calm + 2))

    assert not one(seen[1]).is_on
    assert one(seen[calm]).ended_at is None
    assert one(seen[calm + 1]).ended_at == NOON + (calm + 1) * MINUTE
    assert one(seen[calm + 1]).well_at == NOON + MINUTE
    assert seen[calm + 2] == {}


def test_what_comes_back_soon_is_the_same_one() -> None:
    seen = days(Reason.SILENT, None, Reason.SILENT, None)

    assert len({one(open).id for open in seen}) == 1
    assert [one(open).is_on for open in seen] == [True, False, True, False]


def test_one_address_of_several_is_enough() -> None:
    looks = [relay(None, "turn:a?transport=udp"), relay(Reason.SILENT, "turn:b?transport=tcp")]

    found = one(follow({}, looks, ids(), NOON))

    assert (found.is_on, found.place) == (True, "turn:b?transport=tcp")


def test_a_part_that_was_not_looked_at_stays_as_it_is() -> None:
    open = follow({}, [relay(Reason.SILENT)], ids(), NOON)

    after = follow(open, [Found(Part.ROOM, None, 0.1)], ids(), NOON + MINUTE)

    assert after == open


@pytest.mark.parametrize("part", Part)
def test_every_finding_has_a_sentence_that_says_what_to_do(part: Part) -> None:
    assert {reason for known, reason in SENTENCES if known is part} == REASONS[part]
