"""Coming to a visit: the waiting room, and tokens for the media server."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.clinic import entry, lobby, lobbychat, participants
from api.clinic.caller import Visit, workspace_of
from api.clinic.entry import Ticket
from api.clinic.states import status_of
from api.rest.tokens import socket_address
from api.rest.v1.changes import Patience, changed, tagged
from api.rest.v1.door import SIGNED_IN, Door, DoorOf
from api.rest.v1.meetings import show
from api.rest.v1.meetingshapes import MeetingOut, ParticipantOut
from api.rest.v1.problems import documented
from api.rest.v1.visitingshapes import (
    IceServerOut,
    MessageBody,
    MessageOut,
    PlaceOut,
    TicketOut,
    TokenBody,
    WaiterOut,
    WaitersOut,
)
from api.rules.participation import Part
from api.rules.waiting import Move

router = APIRouter(
    tags=["visiting"], dependencies=SIGNED_IN, responses=documented(401, 403, 422, 503)
)
HERE = documented(404, 409)
MESSAGE = documented(404, 409, 429)


@router.post("/livekit/token", status_code=201, responses=HERE)
async def make_token(body: TokenBody, door: DoorOf, request: Request) -> TicketOut:
    """A token to come in with: for hosts at once, for others when they have been let in."""
    async with door.enter() as visit:
        return ticket_out(visit, await entry.ticket(visit, body.meeting_id), request)


@router.get("/waiting")
async def list_waiting(
    door: DoorOf, request: Request, response: Response, patience: Patience = 0
) -> WaitersOut:
    """Who waits for which visit, in the order of their coming. With `wait` and If-None-Match the
    answer comes when that has changed, or anything else of a visit."""

    async def look(visit: Visit) -> WaitersOut:
        news = door.clinic.news.count(visit.caller.workspace)  # before what it is told of
        found = await lobby.waiting(visit)
        names = await participants.names(visit.tx, [one.participant for one in found])
        shown = [
            WaiterOut.of(one, ParticipantOut.of(one.participant, names.get(one.participant.id)))
            for one in found
        ]
        return WaitersOut(items=shown, news=news)

    return await changed(door, look, request, response, patience)


@router.get("/meetings/{id}/place", responses=HERE)
async def view_place(
    id: UUID, door: DoorOf, request: Request, response: Response, patience: Patience = 0
) -> PlaceOut:
    """Where one stands. With `wait` and If-None-Match the answer comes when that has changed."""

    return await changed(door, lambda visit: _place(visit, id), request, response, patience)


@router.post("/meetings/{id}/place", responses=HERE)
async def knock(id: UUID, door: DoorOf, response: Response) -> PlaceOut:
    """Come to the waiting room. A second time changes nothing."""
    async with door.enter() as visit:
        await lobby.knock(visit, id)
        return tagged(await _place(visit, id), response)


@router.delete("/meetings/{id}/place", status_code=204, responses=HERE)
async def leave(id: UUID, door: DoorOf) -> None:
    """Go away from the waiting room, or from the call: to come in again one knocks again."""
    async with door.enter() as visit:
        await lobby.leave(visit, id)


@router.post("/meetings/{id}/place/messages", status_code=201, responses=MESSAGE)
async def answer(id: UUID, body: MessageBody, door: DoorOf) -> MessageOut:
    """From the waiting room to the visit's hosts. Kept until the visit is over."""
    async with door.enter() as visit:
        return MessageOut.of(await lobbychat.answer(visit, id, body.text))


@router.post(
    "/meetings/{id}/participants/{participant}/messages", status_code=201, responses=MESSAGE
)
async def write(id: UUID, participant: UUID, body: MessageBody, door: DoorOf) -> MessageOut:
    """To somebody in the waiting room."""
    async with door.enter() as visit:
        return MessageOut.of(await lobbychat.write(visit, id, participant, body.text))


@router.post("/meetings/{id}/admit", responses=HERE)
async def admit_all(id: UUID, door: DoorOf, response: Response) -> MeetingOut:
    """Let in whoever waits for this visit: all, or nobody where there is no room for all."""
    async with door.enter() as visit:
        return await show(door, visit, await lobby.admit_all(visit, id), response)


@router.post("/meetings/{id}/participants/{participant}/admit", responses=HERE)
async def admit(id: UUID, participant: UUID, door: DoorOf, response: Response) -> MeetingOut:
    return await _move(id, participant, Move.ADMIT, door, response)


@router.post("/meetings/{id}/participants/{participant}/put-back", responses=HERE)
async def put_back(id: UUID, participant: UUID, door: DoorOf, response: Response) -> MeetingOut:
    """From the call to the waiting room: their media end at once, and their token opens nothing."""
    return await _move(id, participant, Move.PUT_BACK, door, response)


@router.post("/meetings/{id}/participants/{participant}/deny", responses=HERE)
async def deny(id: UUID, participant: UUID, door: DoorOf, response: Response) -> MeetingOut:
    """Not let in, or shown out. Who was denied by mistake can be admitted."""
    return await _move(id, participant, Move.DENY, door, response)


async def _place(visit: Visit, id: UUID) -> PlaceOut:
    meeting, person, waiter = await lobby.place(visit, id)
    status = status_of(meeting, visit.tx.now)
    messages = (await lobbychat.of(visit.tx, [person.id]))[person.id]
    return PlaceOut.of(meeting, status, person, waiter, await workspace_of(visit), messages)


async def _move(
    id: UUID, participant: UUID, what: Move, door: Door, response: Response
) -> MeetingOut:
    async with door.enter() as visit:
        return await show(door, visit, await lobby.move(visit, id, participant, what), response)


def ticket_out(visit: Visit, ticket: Ticket, request: Request) -> TicketOut:
    servers = visit.clinic.servers(ticket.identity)
    return TicketOut(
        token=ticket.token,
        url=socket_address(request),
        room=ticket.meeting.room,
        identity=ticket.identity,
        role=Part(ticket.participant.role),
        expires_at=ticket.expires_at,
        ice_servers=[IceServerOut(**server) for server in servers],
        meeting_id=ticket.meeting.id,
    )
