"""A visit as calendars take it (RFC 5545), and what they are told of it later (RFC 5546)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from api.rules.recurrence import Recurrence


class Method(StrEnum):
    REQUEST = "REQUEST"  # a new one, or a new time
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"  # as it stands, to be looked at


@dataclass(frozen=True, slots=True)
class Repeats:
    """A series. `left_out`: those of its times that do not take place."""

    rule: Recurrence
    count: int
    left_out: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Appointment:
    """`sequence` grows with each change; `title` tells nothing of health, since calendars show it
    on locked screens. `link`: where one comes in; None for one that does not take place."""

    id: UUID
    sequence: int
    title: str
    begins: datetime
    ends: datetime
    organizer: str  # e-mail addresses
    attendee: str
    partstat: str
    link: str | None
    stamp: datetime  # when this was written
    zone: str | None = None  # in which it keeps its time on the wall; None: UTC
    repeats: Repeats | None = None
    instead_of: datetime | None = None  # of a series: when this one was to be
    others: Sequence[tuple[str, str]] = field(default=())  # more addresses, with what they answered
    is_cancelled: bool = False


def calendar_file(appointment: Appointment, method: Method, *more: Appointment) -> str:
    """Without a zone times are in UTC: every calendar shows them in its own, on either side of a
    change of clocks. `more`: those of a series that are at another time."""
    calendar = Calendar()
    calendar.add("prodid", "-//Housecall//Visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method.value)
    for one in (appointment, *more):
        calendar.add_component(_event(one, method))
    if appointment.zone is not None:
        calendar.add_missing_timezones()
    text: str = calendar.to_ical().decode()
    return text


def _event(one: Appointment, method: Method) -> Event:
    domain = one.organizer.rpartition("@")[2]
    is_off = method is Method.CANCEL or one.is_cancelled
    event = Event()
    event.add("uid", f"{one.id}@{domain}")
    event.add("sequence", one.sequence)
    event.add("dtstamp", one.stamp)
    event.add("dtstart", _there(one.begins, one.zone))
    event.add("dtend", _there(one.ends, one.zone))
    event.add("summary", one.title)
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    event.add("organizer", vCalAddress(f"mailto:{one.organizer}"))
    for address, partstat in ((one.attendee, one.partstat), *one.others):
        attendee = vCalAddress(f"mailto:{address}")
        attendee.params["partstat"] = vText(partstat)
        attendee.params["rsvp"] = vText("FALSE")  # answers come by the link
        event.add("attendee", attendee, encode=False)
    if one.link is not None:
        event.add("description", one.link)
        event.add("url", one.link)
    if one.instead_of is not None:
        event.add("recurrence-id", _there(one.instead_of, one.zone))
    if one.repeats is not None:
        event.add("rrule", _rule(one.repeats))
        for at in one.repeats.left_out:
            event.add("exdate", _there(at, one.zone))
    return event


def _there(at: datetime, zone: str | None) -> datetime:
    return at.astimezone(UTC if zone is None else ZoneInfo(zone))


def _rule(repeats: Repeats) -> dict[str, object]:
    """Its end as a number: an end in UTC would depend on how clocks change until then."""
    rule: dict[str, object] = {"freq": repeats.rule.frequency.upper(), "count": repeats.count}
    if repeats.rule.interval > 1:
        rule["interval"] = repeats.rule.interval
    if repeats.rule.days:
        rule["byday"] = [day[:2].upper() for day in repeats.rule.days]
    return rule
