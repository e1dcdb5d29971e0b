"""What goes in and out of charts and folders, as JSON."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.clinic.charts import Entry
from api.clinic.folders import Change
from api.clinic.meetings import MeetingKind
from api.clinic.states import status_of, times
from api.rest.v1.consentshapes import ReceiptOut
from api.rest.v1.shapes import Line, Shape, shown
from api.rules.contents import MediaType
from api.rules.participation import Kind, Part
from api.rules.plans import Provider
from api.rules.private import Private
from api.rules.visits import Status
from api.store.models import ChartItem, MeetingParticipant, PatientFile


class FileOut(Shape):
    id: UUID
    patient_id: UUID
    meeting_id: UUID | None  # the visit that it is filed under
    name: str
    media_type: MediaType  # by its content
    size: int  # bytes
    sha256: str  # of what is kept: pictures are written anew
    added_by: UUID
    created_at: datetime
    version: int

    @classmethod
    def of(cls, row: PatientFile, meeting: UUID | None) -> Self:
        return cls(
            id=row.id,
            patient_id=row.patient_id,
            meeting_id=meeting,
            name=row.name.text,
            media_type=MediaType(row.media_type),
            size=row.size,
            sha256=row.sha256,
            added_by=row.added_by,
            created_at=row.created_at,
            version=row.version,
        )


class FileChange(Shape):
    name: Annotated[Line, Field(examples=["Letter of Dr Grün.pdf"])] | None = None
    meeting_id: UUID | None = None  # null: it is filed under no visit any more

    @property
    def change(self) -> Change:
        name = None if self.name is None else Private(self.name)
        return Change(name, "meeting_id" in self.model_fields_set, self.meeting_id)


class Sent(Shape):
    """What an Idempotency-Key goes with."""

    sha256: str
    patient_id: UUID
    meeting_id: UUID | None


class ChartPersonOut(Shape):
    kind: Kind
    subject_id: UUID  # of staff, patient or guest
    role: Part
    name: str | None
    joined_at: datetime | None  # null: was not there
    left_at: datetime | None

    @classmethod
    def of(cls, row: MeetingParticipant, name: Private | None) -> Self:
        return cls(
            kind=Kind(row.kind),
            subject_id=row.subject_id,
            role=Part(row.role),
            name=shown(name),
            joined_at=row.joined_at,
            left_at=row.left_at,
        )


class ChartItemOut(Shape):
    kind: str  # `file`
    id: UUID  # of that file
    added_at: datetime

    @classmethod
    def of(cls, row: ChartItem) -> Self:
        return cls(kind=row.kind, id=row.subject_id, added_at=row.added_at)


class ChartMeetingOut(Shape):
    """A visit as the chart has it."""

    id: UUID
    kind: MeetingKind
    status: Status
    provider: Provider
    starts_at: datetime
    ends_at: datetime  # as planned
    live_at: datetime | None
    ended_at: datetime | None
    participants: list[ChartPersonOut]
    receipts: list[ReceiptOut]
    items: list[ChartItemOut]

    @classmethod
    def of(cls, entry: Entry, now: datetime) -> Self:
        row = entry.meeting
        return cls(
            id=row.id,
            kind=MeetingKind(row.kind),
            status=status_of(row, now),
            provider=Provider(row.provider),
            starts_at=row.starts_at,
            ends_at=times(row).ends,
            live_at=row.live_at,
            ended_at=row.ended_at or row.cancelled_at or row.no_show_at,
            participants=[ChartPersonOut.of(*one) for one in entry.people],
            receipts=[ReceiptOut.of(*one) for one in entry.receipts],
            items=[ChartItemOut.of(one) for one in entry.items],
        )
