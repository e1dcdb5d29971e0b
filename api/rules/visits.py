"""A visit from its appointment to its end: states, what moves them, and when it is time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

EARLY = timedelta(minutes=15)  # before the appointment that people may come
OVERTIME = timedelta(minutes=30)  # after its planned end that a visit goes on by itself
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=12)


class Status(StrEnum):
    SCHEDULED = "scheduled"
    OPEN = "open"  # people may come
    LOBBY = "lobby"  # somebody waits
    LIVE = "live"  # two have met
    ENDED = "ended"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"  # the time is over, and no two have met

    @property
    def is_over(self) -> bool:
        return self in (Status.ENDED, Status.CANCELLED, Status.NO_SHOW)

    @property
    def takes_people(self) -> bool:
        return self in (Status.OPEN, Status.LOBBY, Status.LIVE)


class Event(StrEnum):
    OPENED = "opened"  # its time has come
    CLOSED = "closed"  # moved to a later time
    WAITED = "waited"  # somebody has come to the waiting room
    EMPTIED = "emptied"  # nobody waits any more
    MET = "met"  # two are in the room
    FINISHED = "finished"  # by its host, or by the time
    CALLED_OFF = "called_off"
    MISSED = "missed"  # the time is over


TRANSITIONS = {
    (Status.SCHEDULED, Event.OPENED): Status.OPEN,
    (Status.SCHEDULED, Event.CALLED_OFF): Status.CANCELLED,
    (Status.OPEN, Event.CLOSED): Status.SCHEDULED,
    (Status.OPEN, Event.WAITED): Status.LOBBY,
    (Status.OPEN, Event.MET): Status.LIVE,
    (Status.OPEN, Event.CALLED_OFF): Status.CANCELLED,
    (Status.OPEN, Event.MISSED): Status.NO_SHOW,
    (Status.OPEN, Event.FINISHED): Status.ENDED,  # elsewhere
    (Status.LOBBY, Event.EMPTIED): Status.OPEN,
    (Status.LOBBY, Event.MET): Status.LIVE,
    (Status.LOBBY, Event.CALLED_OFF): Status.CANCELLED,
    (Status.LOBBY, Event.MISSED): Status.NO_SHOW,
    (Status.LOBBY, Event.FINISHED): Status.ENDED,  # it went elsewhere while somebody waited
    (Status.LIVE, Event.FINISHED): Status.ENDED,
}


def after(status: Status, event: Event) -> Status:
    """What cannot happen changes nothing."""
    return TRANSITIONS.get((status, event), status)


@dataclass(frozen=True, slots=True)
class Times:
    """Of one visit. `begins` and `ends` are what was agreed. `rings_until`: of a call at once,
    which is open from its beginning, and missed when nobody has answered until then.
    `is_elsewhere`: it takes place where nobody here sees who comes."""

    begins: datetime
    duration: timedelta
    rings_until: datetime | None = None
    is_elsewhere: bool = False

    @property
    def opens(self) -> datetime:
        return self.begins - EARLY if self.rings_until is None else self.begins

    @property
    def missed(self) -> datetime:
        return self.closes if self.rings_until is None else self.rings_until

    @property
    def ends(self) -> datetime:
        return self.begins + self.duration

    @property
    def closes(self) -> datetime:
        """When it is over whoever is still there."""
        return self.ends + OVERTIME


def due(status: Status, times: Times, now: datetime) -> Event | None:
    """What the time alone brings next."""
    match status:
        case Status.SCHEDULED if now >= times.opens:
            return Event.OPENED
        case Status.OPEN if now < times.opens:
            return Event.CLOSED
        case Status.OPEN | Status.LOBBY if now >= times.missed:
            return Event.FINISHED if times.is_elsewhere else Event.MISSED
        case Status.LIVE if now >= times.closes:
            return Event.FINISHED
    return None


def status_at(status: Status, times: Times, now: datetime) -> Status:
    """With all that the time has brought until now."""
    while (event := due(status, times, now)) is not None:
        status = after(status, event)
    return status
