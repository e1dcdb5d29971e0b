"""What goes in and out of the waiting room, and tokens, as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from api.clinic.lobby import Waiter
from api.rest.v1.changes import Passing
from api.rest.v1.meetingshapes import ParticipantOut
from api.rest.v1.shapes import Paragraph, Shape
from api.rest.v1.triageshapes import TriageOut
from api.rules.participation import Part
from api.rules.visits import Status
from api.rules.waiting import Admission
from api.store.models import LobbyMessage, Meeting, MeetingParticipant, Workspace


class TokenBody(Shape):
    meeting_id: UUID


class IceServerOut(Shape):
    urls: list[str]
    username: str | None = None
    credential: str | None = None


class TicketOut(Shape):
    """Enough for any LiveKit client to join."""

    token: str
    url: str | None  # of the WebSocket; None where the host cannot be told from the request
    room: str
    identity: str
    role: Part
    expires_at: datetime  # until when one can join with it
    ice_servers: list[IceServerOut]
    meeting_id: UUID


class MessageBody(Shape):
    text: Paragraph


class MessageOut(Shape):
    """One between somebody who waits and the visit's hosts."""

    id: UUID
    by_host: bool
    text: str
    at: datetime

    @classmethod
    def of(cls, row: LobbyMessage) -> Self:
        return cls(id=row.id, by_host=row.by_host, text=row.text.text, at=row.at)


class PlaceOut(Passing):
    """Where one stands in the waiting room."""

    meeting_id: UUID
    status: Status
    admission: Admission
    position: int | None  # 1: is next; None: does not wait
    wait_seconds: int | None  # probably
    starts_at: datetime
    workspace: str  # the clinic's title
    message: str | None  # what the clinic says to all who wait
    messages: list[MessageOut]  # with the hosts

    @staticmethod
    def passing() -> dict[str, Any]:
        return {"wait_seconds": True}

    @classmethod
    def of(
        cls, meeting: Meeting, status: Status, person: MeetingParticipant, waiter: Waiter | None,
        workspace: Workspace, messages: Sequence[LobbyMessage],
    ) -> Self:  # fmt: skip
        return cls(
            meeting_id=meeting.id,
            status=status,
            admission=Admission(person.admission),
            position=None if waiter is None else waiter.position,
            wait_seconds=None if waiter is None else int(waiter.wait.total_seconds()),
            starts_at=meeting.starts_at,
            workspace=workspace.title,
            message=workspace.waiting_message,
            messages=[MessageOut.of(one) for one in messages],
        )


class WaiterOut(Shape):
    meeting_id: UUID
    patient_id: UUID | None
    starts_at: datetime
    position: int  # among those who wait for one of the same hosts
    wait_seconds: int
    participant: ParticipantOut
    messages: list[MessageOut]
    triage: TriageOut

    @classmethod
    def of(cls, waiter: Waiter, shown: ParticipantOut) -> Self:
        return cls(
            meeting_id=waiter.meeting.id,
            patient_id=waiter.meeting.patient_id,
            starts_at=waiter.meeting.starts_at,
            position=waiter.position,
            wait_seconds=int(waiter.wait.total_seconds()),
            participant=shown,
            messages=[MessageOut.of(one) for one in waiter.messages],
            triage=TriageOut.of(waiter.triage),
        )


class WaitersOut(Passing):
    items: list[WaiterOut]
    news: int  # another number: something of a visit, or a consent, may have changed

    @staticmethod
    def passing() -> dict[str, Any]:
        return {"items": {"__all__": {"wait_seconds"}}}
