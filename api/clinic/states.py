"""A visit's row and the rules of its states brought together."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm.attributes import flag_modified

from api.rules import visits
from api.rules.plans import Provider
from api.rules.visits import Event, Status, Times
from api.rules.waiting import Admission
from api.store.models import Meeting, MeetingParticipant

STAMPS = {
    Status.OPEN: "opened_at",
    Status.LOBBY: "lobby_at",
    Status.LIVE: "live_at",
    Status.ENDED: "ended_at",
    Status.CANCELLED: "cancelled_at",
    Status.NO_SHOW: "no_show_at",
}
MEETING = 2  # people in the room


def times(meeting: Meeting) -> Times:
    return Times(
        meeting.starts_at,
        timedelta(minutes=meeting.minutes),
        meeting.rings_until,
        is_elsewhere=meeting.provider != Provider.LIVEKIT,
    )


def status_of(meeting: Meeting, now: datetime) -> Status:
    """As it is now, whether that was written already or not."""
    return visits.status_at(Status(meeting.status), times(meeting), now)


def happen(meeting: Meeting, event: Event, now: datetime) -> bool:
    """Whether it changes anything."""
    status = visits.after(Status(meeting.status), event)
    if status == meeting.status:
        return False
    meeting.status = status.value
    if status in STAMPS:
        setattr(meeting, STAMPS[status], now)
    touch(meeting, now)
    return True


def catch_up(meeting: Meeting, now: datetime) -> bool:
    """Write what the time has brought; whether that is anything."""
    before = meeting.status
    while (event := visits.due(Status(meeting.status), times(meeting), now)) is not None:
        happen(meeting, event, now)
    return meeting.status != before


def count(meeting: Meeting, people: Iterable[MeetingParticipant], now: datetime) -> None:
    """What follows from who waits and who is there."""
    present, waiting = 0, False
    for person in people:
        present += person.is_present
        waiting |= Admission(person.admission).is_waiting
    happen(meeting, Event.WAITED if waiting else Event.EMPTIED, now)
    if present >= MEETING:
        happen(meeting, Event.MET, now)


def touch(meeting: Meeting, now: datetime) -> None:
    """It gets a new version, though nothing but its participants may have changed."""
    meeting.changed_at = now
    flag_modified(meeting, "changed_at")
