"""What goes in and out of calendars, as JSON."""

from datetime import date, datetime, time
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from api.clinic.events import EventChange, EventKind, EventStatus, Occurrence, WantedEvent
from api.clinic.hours import OUT, Week
from api.clinic.states import status_of
from api.rest.v1.meetingshapes import Invitees, Minutes
from api.rest.v1.shapes import Day as Date
from api.rest.v1.shapes import NotText, Shape, TimeZone
from api.rules.availability import Hours, Span
from api.rules.plans import AUTO, Provider
from api.rules.recurrence import DAYS, MOST, Day, Frequency, Recurrence
from api.rules.visits import Status
from api.store.models import CalendarEvent

Clock = Annotated[
    str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), Field(examples=["09:00"])
]
Conferencing = Provider | Annotated[str, StringConstraints(pattern=f"^{AUTO}$")]


class RecurrenceShape(Shape):
    """It ends after `count` times, or with the day `until`: one of them. `days`: of each week."""

    frequency: Frequency
    interval: Annotated[int, Field(ge=1, le=12), NotText] = 1
    days: Annotated[list[Day], Field(max_length=7)] = Field(default_factory=list)
    count: Annotated[int, Field(ge=1, le=MOST), NotText] | None = None
    until: Date | None = None

    @property
    def recurrence(self) -> Recurrence:
        days = tuple(sorted(set(self.days), key=DAYS.index))
        return Recurrence(self.frequency, self.interval, days, self.count, self.until)

    @classmethod
    def of(cls, found: Recurrence) -> Self:
        return cls(
            frequency=found.frequency,
            interval=found.interval,
            days=list(found.days),
            count=found.count,
            until=found.until,
        )


class EventBody(Shape):
    """`date` and `time`: on the wall of `timeZone`, which is the clinic's unless said; what comes
    again keeps that time when the clocks change."""

    kind: EventKind = EventKind.VISIT
    date: Date
    time: Clock
    time_zone: TimeZone | None = None
    duration: Minutes = 30
    staff_id: UUID | None = None  # whose calendar; null: of whoever asks
    patient_id: UUID | None = None
    participants: Invitees = Field(default_factory=list)
    conferencing: Conferencing = AUTO  # of visits
    recurrence: RecurrenceShape | None = None
    overlapping: StrictBool = False  # even where there is something else already
    invite: StrictBool = False  # by mail, all who can be written to

    @property
    def wanted(self) -> WantedEvent:
        provider = self.conferencing
        return WantedEvent(
            kind=self.kind,
            starts=on_the_wall(self.date, self.time),
            minutes=self.duration,
            zone=self.time_zone,
            staff=self.staff_id,
            patient=self.patient_id,
            invitees=tuple(one.invitee for one in self.participants),
            provider=provider if isinstance(provider, Provider) else None,
            recurrence=None if self.recurrence is None else self.recurrence.recurrence,
            overlaps=self.overlapping,
            invites=self.invite,
        )


class EventChangeBody(Shape):
    """What is left out stays. `occurrence`: the one time of a series, by when it was to be first;
    without it all that are still to come move by as much as the first of them."""

    date: Date | None = None
    time: Clock | None = None
    duration: Minutes | None = None
    overlapping: StrictBool = False

    def change(self, before: datetime) -> EventChange:
        """`before`: when it is now, on the wall."""
        starts = None
        if self.date is not None or self.time is not None:
            clock = self.time or f"{before:%H:%M}"
            starts = on_the_wall(self.date or before.date(), clock)
        return EventChange(starts, self.duration, self.overlapping)


class OccurrenceOut(Shape):
    """`original`: by which it is named, wherever it was moved to."""

    original: datetime
    starts_at: datetime
    duration: int
    meeting_id: UUID | None  # none of a busy time
    status: Status | None

    @classmethod
    def of(cls, found: Occurrence, now: datetime) -> Self:
        meeting = found.meeting
        return cls(
            original=found.original,
            starts_at=found.begins,
            duration=found.minutes,
            meeting_id=None if meeting is None else meeting.id,
            status=None if meeting is None else status_of(meeting, now),
        )


class EventOut(Shape):
    id: UUID
    kind: EventKind
    status: EventStatus
    staff_id: UUID
    patient_id: UUID | None
    starts_at: datetime  # the first
    ends_at: datetime  # the end of the last
    time_zone: str
    duration: int  # minutes
    conferencing: str | None
    recurrence: RecurrenceShape | None
    occurrences: list[OccurrenceOut]
    sequence: int
    version: int

    @classmethod
    def of(cls, row: CalendarEvent, found: list[Occurrence], now: datetime) -> Self:
        rule = row.recurrence
        kept = None if rule is None else {k: v for k, v in rule.items() if k != OUT}
        return cls(
            id=row.id,
            kind=EventKind(row.kind),
            status=EventStatus(row.status),
            staff_id=row.staff_id,
            patient_id=row.patient_id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            time_zone=row.time_zone,
            duration=row.minutes,
            conferencing=row.conferencing,
            recurrence=None if kept is None else RecurrenceShape.of(Recurrence.of_json(kept)),
            occurrences=[OccurrenceOut.of(one, now) for one in found],
            sequence=row.sequence,
            version=row.version,
        )


class HoursShape(Shape):
    day: Day
    begins: Clock
    ends: Clock

    @property
    def hours(self) -> Hours:
        return Hours(
            DAYS.index(self.day), time.fromisoformat(self.begins), time.fromisoformat(self.ends)
        )


class WeekShape(Shape):
    """By the clock of `timeZone`."""

    time_zone: TimeZone
    hours: Annotated[list[HoursShape], Field(max_length=50)]

    @property
    def week(self) -> Week:
        return Week(self.time_zone, tuple(one.hours for one in self.hours))

    @classmethod
    def of(cls, found: Week) -> Self:
        hours = [
            HoursShape(day=DAYS[one.day], begins=f"{one.begins:%H:%M}", ends=f"{one.ends:%H:%M}")
            for one in found.hours
        ]
        return cls(time_zone=found.zone, hours=hours)


class SlotOut(Shape):
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, found: Span) -> Self:
        return cls(starts_at=found.begins, ends_at=found.ends)


class SlotsOut(Shape):
    items: list[SlotOut]


def on_the_wall(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock))
