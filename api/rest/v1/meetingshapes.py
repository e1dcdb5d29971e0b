"""What goes in and out of visits, as JSON."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StrictBool,
    StringConstraints,
)

from api.clinic.meetings import Change, MeetingKind, Wanted
from api.clinic.participants import Invitee
from api.clinic.rooms import Quality
from api.clinic.states import status_of, times
from api.rest.v1.shapes import LEGIBLE, Line, NotText, Shape, shown
from api.rules.participation import Kind, Part, Rsvp
from api.rules.plans import AUTO, Provider
from api.rules.private import Private
from api.rules.visits import LONGEST, SHORTEST, Status
from api.rules.waiting import Admission
from api.store.models import Meeting, MeetingParticipant

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")  # RFC 3339


def refuse_other_times(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and MOMENT.fullmatch(value)):
        return value
    raise ValueError("a time with its zone is needed, 2027-03-04T12:00:00Z")


def in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time within the years 1 to 9999 is needed") from None


Moment = Annotated[AwareDatetime, BeforeValidator(refuse_other_times), AfterValidator(in_utc)]
Minutes = Annotated[
    int,
    Field(ge=SHORTEST.total_seconds() // 60, le=LONGEST.total_seconds() // 60),
    NotText,
]
EventId = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1024, pattern=LEGIBLE)
]


class InviteeBody(Shape):
    kind: Kind
    id: UUID
    role: Part

    @property
    def invitee(self) -> Invitee:
        return Invitee(self.kind, self.id, self.role)


Invitees = Annotated[list[InviteeBody], Field(max_length=50)]


class MeetingBody(Shape):
    starts_at: Moment
    duration: Minutes = 30
    patient_id: UUID | None = None
    participants: Invitees = Field(default_factory=list)
    calendar_event_id: EventId | None = None
    conferencing: Provider | Annotated[str, StringConstraints(pattern=f"^{AUTO}$")] = AUTO

    @property
    def wanted(self) -> Wanted:
        provider = self.conferencing if isinstance(self.conferencing, Provider) else None
        return Wanted(
            starts_at=self.starts_at,
            minutes=self.duration,
            patient_id=self.patient_id,
            invitees=tuple(one.invitee for one in self.participants),
            provider=provider,
            calendar_event_id=self.calendar_event_id,
        )


class MeetingChange(Shape):
    """What is left out stays."""

    starts_at: Moment | None = None
    duration: Minutes | None = None
    calendar_event_id: EventId | None = None
    locked: StrictBool | None = None
    add_participants: Invitees = Field(default_factory=list)
    remove_participants: Annotated[list[UUID], Field(max_length=50)] = Field(default_factory=list)

    @property
    def change(self) -> Change:
        given: dict[str, Any] = {}
        if self.starts_at is not None:
            given["starts_at"] = self.starts_at
        if self.duration is not None:
            given["minutes"] = self.duration
        if self.locked is not None:
            given["locked"] = self.locked
        if "calendar_event_id" in self.model_fields_set:
            given["calendar_event_id"] = self.calendar_event_id
        added = tuple(one.invitee for one in self.add_participants)
        return Change(given, added, tuple(dict.fromkeys(self.remove_participants)))


class MeetingSearch(Shape):
    """Names stay out of addresses, which are logged: hence a body."""

    name: Line | None = None  # of the patient, or a part of it
    starts_from: Moment | None = None
    starts_before: Moment | None = None
    status: Status | None = None
    patient_id: UUID | None = None
    participant_id: UUID | None = None  # staff, patient or guest
    after: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=200), NotText] = 50


class ParticipantOut(Shape):
    id: UUID
    kind: Kind
    subject_id: UUID  # of staff, patient or guest
    role: Part
    name: str | None
    rsvp: Rsvp
    admission: Admission
    waiting_since: datetime | None
    joined_at: datetime | None
    left_at: datetime | None
    present: bool  # is in the room now
    quality: Quality | None  # of the connection, while it is known

    @classmethod
    def of(
        cls, row: MeetingParticipant, name: Private | None, quality: Quality | None = None
    ) -> Self:
        return cls(
            id=row.id,
            kind=Kind(row.kind),
            subject_id=row.subject_id,
            role=Part(row.role),
            name=shown(name),
            rsvp=Rsvp(row.rsvp),
            admission=Admission(row.admission),
            waiting_since=row.waiting_since,
            joined_at=row.joined_at,
            left_at=row.left_at,
            present=row.is_present,
            quality=quality,
        )


class MeetingOut(Shape):
    id: UUID
    kind: MeetingKind
    patient_id: UUID | None
    status: Status
    starts_at: datetime
    ends_at: datetime
    duration: int  # minutes
    opens_at: datetime  # from when on people may come
    conferencing: str  # as asked for
    provider: Provider
    room: str
    join_url: str
    calendar_event_id: str | None
    locked: bool
    sequence: int  # of what calendars were told
    live_at: datetime | None
    ended_at: datetime | None
    version: int
    participants: list[ParticipantOut]

    @classmethod
    def of(cls, row: Meeting, participants: list[ParticipantOut], url: str, now: datetime) -> Self:
        own = times(row)
        return cls(
            id=row.id,
            kind=MeetingKind(row.kind),
            patient_id=row.patient_id,
            status=status_of(row, now),
            starts_at=row.starts_at,
            ends_at=own.ends,
            duration=row.minutes,
            opens_at=own.opens,
            conferencing=row.conferencing,
            provider=Provider(row.provider),
            room=row.room,
            join_url=url,
            calendar_event_id=row.calendar_event_id,
            locked=row.locked,
            sequence=row.sequence,
            live_at=row.live_at,
            ended_at=row.ended_at or row.cancelled_at or row.no_show_at,
            version=row.version,
            participants=participants,
        )
