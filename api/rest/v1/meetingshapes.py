"""What goes in and out of visits, as JSON."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
)

from api.clinic.meetings import Change, MeetingKind, Wanted
from api.clinic.participants import Invitee
from api.clinic.providers.standing import Standing
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


Place = Provider | Annotated[str, StringConstraints(pattern=f"^{AUTO}$")]


class MeetingBody(Shape):
    starts_at: Moment
    duration: Minutes = 30
    patient_id: UUID | None = None
    participants: Invitees = Field(default_factory=list)
    calendar_event_id: EventId | None = None
    conferencing: Place = AUTO

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
    conferencing: Place | None = None  # another place, or once more the one that gave no link
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
        removed = tuple(dict.fromkeys(self.remove_participants))
        return Change(given, added, removed, self.conferencing)


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


class ConferenceState(StrEnum):
    HERE = "here"
    READY = "ready"  # people can join
    WAITING = "waiting"  # the provider is asked again
    FAILED = "failed"  # it is not: choose another place, or the same one once more
    GONE = "gone"  # called off


class ConferenceOut(Shape):
    """How the visit stands with its provider. What is not `here` has no waiting room, no recording
    and no list of who is there: that is the provider's."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "state": "waiting",
                    "waitingRoom": False,
                    "recording": False,
                    "insteadOf": None,
                    "reason": "rate_limited",
                    "detail": "Zoom takes no more requests for a while.",
                    "retryAt": "2027-03-04T12:02:00Z",
                    "fallbacks": ["livekit", "google_meet"],
                }
            ]
        }
    )

    state: ConferenceState
    waiting_room: bool
    recording: bool
    instead_of: Provider | None  # where it was to be
    reason: str | None  # a word for why it is not there, or what is wrong at its provider
    detail: str | None  # the same for people
    retry_at: datetime | None
    fallbacks: list[Provider]  # where it could go instead, by PATCH; the best first

    @classmethod
    def of(cls, standing: Standing) -> Self:
        return cls(
            state=ConferenceState(standing.state),
            waiting_room=standing.is_here,
            recording=standing.is_here and standing.may_record,
            instead_of=standing.instead_of,
            reason=standing.reason,
            detail=standing.detail,
            retry_at=standing.retry_at,
            fallbacks=list(standing.fallbacks),
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
    join_url: str | None  # null while a provider has given none
    conference: ConferenceOut
    calendar_event_id: str | None
    locked: bool
    sequence: int  # of what calendars were told
    live_at: datetime | None
    ended_at: datetime | None
    version: int
    participants: list[ParticipantOut]

    @classmethod
    def of(
        cls,
        row: Meeting,
        participants: list[ParticipantOut],
        standing: Standing,
        url: str,
        now: datetime,
    ) -> Self:
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
            join_url=url if standing.is_here else standing.link,
            conference=ConferenceOut.of(standing),
            calendar_event_id=row.calendar_event_id,
            locked=row.locked,
            sequence=row.sequence,
            live_at=row.live_at,
            ended_at=row.ended_at or row.cancelled_at or row.no_show_at,
            version=row.version,
            participants=participants,
        )
