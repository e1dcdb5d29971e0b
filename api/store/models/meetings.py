"""Visits, who takes part in them, and requests that are asked once though they come twice."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from api.rules.private import Private
from api.store.models.base import Base
from api.store.models.people import Identified, Versioned, belongs_to


class Meeting(Versioned, Base):
    """A visit. It has no title and no text: nothing here says what it is about."""

    __tablename__ = "meetings"
    __table_args__ = (
        UniqueConstraint("workspace_id", "room"),
        belongs_to("patients", "patient_id"),
        belongs_to("staff", "created_by"),
        Index("ix_meetings_event", "workspace_id", "event_id"),
        Index("ix_meetings_starts_at", "workspace_id", "starts_at"),
        Index("ix_meetings_patient", "workspace_id", "patient_id"),
    )

    kind: Mapped[str]  # a visit by appointment, or a call at once
    patient_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None]
    starts_at: Mapped[datetime]
    minutes: Mapped[int]  # that it is planned to take
    conferencing: Mapped[str]  # as asked for: a provider, or "auto"
    provider: Mapped[str]  # as it came out
    instead_of: Mapped[str | None]  # the provider where it was to be
    lack: Mapped[str | None]  # and why it is not there
    room: Mapped[str]
    status: Mapped[str]
    plan: Mapped[str | None]  # under which it went live: it may end under that one
    locked: Mapped[bool]  # nobody new comes in
    sequence: Mapped[int]  # of what calendars were told (RFC 5545)
    calendar_event_id: Mapped[str | None]  # as other programs call it
    # Of our own calendar. No key says so: SQLite adds none to a table that others refer to.
    event_id: Mapped[UUID | None]
    occurrence_at: Mapped[datetime | None]  # of a series: when it was to be
    rings_until: Mapped[datetime | None]  # of a call
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    lobby_at: Mapped[datetime | None]
    live_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    no_show_at: Mapped[datetime | None]


class MeetingParticipant(Identified, Base):
    """Somebody who takes part, or may."""

    __tablename__ = "meeting_participants"
    __table_args__ = (
        UniqueConstraint("workspace_id", "meeting_id", "kind", "subject_id"),
        belongs_to("meetings", "meeting_id"),
        Index("ix_meeting_participants_subject", "workspace_id", "subject_id"),
    )

    meeting_id: Mapped[UUID]
    kind: Mapped[str]
    subject_id: Mapped[UUID]  # of staff, patient or guest, as `kind` says
    role: Mapped[str]
    rsvp: Mapped[str]
    rsvp_at: Mapped[datetime | None]
    admission: Mapped[str]
    added_at: Mapped[datetime]
    waiting_since: Mapped[datetime | None]  # their place in the queue
    admitted_at: Mapped[datetime | None]
    joined_at: Mapped[datetime | None]  # the last time, by the media server
    left_at: Mapped[datetime | None]  # None while they are in the room

    @property
    def is_present(self) -> bool:
        return self.joined_at is not None and self.left_at is None


class LobbyMessage(Identified, Base):
    """Between somebody who waits and the visit's hosts; gone when the visit is over."""

    __tablename__ = "lobby_messages"
    __table_args__ = (
        belongs_to("meetings", "meeting_id"),
        Index("ix_lobby_messages_meeting", "workspace_id", "meeting_id"),
    )

    meeting_id: Mapped[UUID]
    participant_id: Mapped[UUID]  # who waits, whoever wrote it
    sender_id: Mapped[UUID]
    by_host: Mapped[bool]
    text: Mapped[Private]
    at: Mapped[datetime]


class KnownRequest(Identified, Base):
    """A request with a key of its sender's, and what it has made."""

    __tablename__ = "known_requests"
    __table_args__ = (UniqueConstraint("workspace_id", "actor", "key"),)

    actor: Mapped[str]
    key: Mapped[str]  # digest
    operation: Mapped[str]
    body: Mapped[bytes]  # digest
    object_id: Mapped[UUID]
    created_at: Mapped[datetime]
