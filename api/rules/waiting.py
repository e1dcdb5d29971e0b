"""The waiting room: who is where between the invitation and the call, and who is next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class Admission(StrEnum):
    INVITED = "invited"
    WAITING = "waiting"
    ADMITTED = "admitted"
    DENIED = "denied"
    PUT_BACK = "put_back"  # was in the call, and waits again
    AWAY = "away"  # waited, and has closed the page
    LEFT = "left"

    @property
    def is_waiting(self) -> bool:
        return self in (Admission.WAITING, Admission.PUT_BACK)


WAITING = [state.value for state in Admission if state.is_waiting]


class Move(StrEnum):
    KNOCK = "knock"
    ADMIT = "admit"
    DENY = "deny"
    PUT_BACK = "put_back"
    LEAVE = "leave"
    VANISH = "vanish"  # the page is not there any more


A, M = Admission, Move
MOVES = {
    (A.INVITED, M.KNOCK): A.WAITING,
    (A.INVITED, M.DENY): A.DENIED,
    (A.WAITING, M.KNOCK): A.WAITING,
    (A.WAITING, M.ADMIT): A.ADMITTED,
    (A.WAITING, M.DENY): A.DENIED,
    (A.WAITING, M.LEAVE): A.LEFT,
    (A.WAITING, M.VANISH): A.AWAY,
    (A.PUT_BACK, M.VANISH): A.AWAY,
    (A.AWAY, M.KNOCK): A.WAITING,
    (A.AWAY, M.ADMIT): A.ADMITTED,  # they come in when they are back
    (A.AWAY, M.DENY): A.DENIED,
    (A.AWAY, M.LEAVE): A.LEFT,
    (A.PUT_BACK, M.KNOCK): A.PUT_BACK,
    (A.PUT_BACK, M.ADMIT): A.ADMITTED,
    (A.PUT_BACK, M.DENY): A.DENIED,
    (A.PUT_BACK, M.LEAVE): A.LEFT,
    (A.ADMITTED, M.KNOCK): A.ADMITTED,
    (A.ADMITTED, M.ADMIT): A.ADMITTED,
    (A.ADMITTED, M.PUT_BACK): A.PUT_BACK,
    (A.ADMITTED, M.DENY): A.DENIED,
    (A.ADMITTED, M.LEAVE): A.LEFT,
    (A.DENIED, M.DENY): A.DENIED,
    (A.DENIED, M.ADMIT): A.ADMITTED,  # a mistake is put right
    (A.LEFT, M.KNOCK): A.WAITING,  # who has gone asks again
    (A.LEFT, M.DENY): A.DENIED,
    (A.LEFT, M.LEAVE): A.LEFT,
}


def moved(state: Admission, move: Move) -> Admission | None:
    """None for what cannot be done."""
    return MOVES.get((state, move))


@dataclass(frozen=True, slots=True)
class Place:
    """One who waits."""

    participant: UUID
    since: datetime


def queue(places: Iterable[Place]) -> list[Place]:
    """Who has come first is first; the id makes the order of those who came at once the same for
    everybody."""
    return sorted(places, key=lambda place: (place.since, place.participant))


def estimate(
    before: Sequence[timedelta], *, running_ends: datetime | None, begins: datetime, now: datetime
) -> timedelta:
    """How long somebody waits probably: until the host's visit that goes on ends, and as long as
    the visits of those who wait before take, but not less than until one's own appointment.

    `before`: planned durations, of those whose host is the same; `running_ends`: when the visit
    that the host is in is to end.
    """
    free = now if running_ends is None else max(now, running_ends)
    turn = free + sum(before, timedelta())
    return max(turn, begins) - now
