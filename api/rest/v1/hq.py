"""`/hq`: an HQ, the workspaces that it serves, and who waits there."""

from uuid import UUID

from fastapi import APIRouter, Request

from api.clinic import lobby, meetings
from api.clinic.errors import Refusal
from api.clinic.hq import agreements, profiles, taking
from api.clinic.hq.queue import look
from api.clinic.hq.there import Envoy, announce, envoy, there
from api.clinic.ready import Devices
from api.rest.v1.door import SIGNED_IN, Door, DoorOf
from api.rest.v1.hqshapes import (
    AgreementOut,
    AgreementsOut,
    DevicesBody,
    HqTicketOut,
    OfferBody,
    ProfileBody,
    ProfileOut,
    ProfilesOut,
    QueueOut,
)
from api.rest.v1.problems import documented
from api.rest.v1.triageshapes import TriageBody, TriageOut
from api.rest.v1.visiting import ticket_out
from api.rules.auditing import Act
from api.rules.hq import Side
from api.rules.private import Private
from api.rules.roles import Permission

router = APIRouter(tags=["hq"], dependencies=SIGNED_IN, responses=documented(401, 403, 422, 503))
THERE = documented(404, 409)
VISIT = "/hq/visits/{workspace}/{meeting}"


@router.get("/hq/served-by")
async def list_served_by(door: DoorOf) -> AgreementsOut:
    """The workspaces that may serve those who wait here, or were asked to."""
    return await _list(door, Side.SERVED)


@router.post("/hq/served-by", status_code=201, responses=documented(409))
async def offer(body: OfferBody, door: DoorOf) -> AgreementOut:
    """Let another workspace serve those who wait here, once it has accepted. A second time changes
    nothing."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        return AgreementOut.of(await agreements.offer(visit, body.workspace))


@router.delete("/hq/served-by/{id}", status_code=204, responses=documented(404))
async def revoke(id: UUID, door: DoorOf) -> None:
    """From now on they see and take nobody. Visits that they have taken come to their end."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        await agreements.end(visit, id, Side.SERVED)


@router.get("/hq/members")
async def list_members(door: DoorOf) -> AgreementsOut:
    """The workspaces that this one serves, or may accept to."""
    return await _list(door, Side.SERVES)


@router.post("/hq/members/{id}/accept", responses=THERE)
async def accept(id: UUID, door: DoorOf) -> AgreementOut:
    """Serve a workspace that has offered it."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        return AgreementOut.of(await agreements.accept(visit, id))


@router.delete("/hq/members/{id}", status_code=204, responses=documented(404))
async def give_up(id: UUID, door: DoorOf) -> None:
    """Serve a workspace no longer."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        await agreements.end(visit, id, Side.SERVES)


@router.get("/hq/staff")
async def list_profiles(door: DoorOf) -> ProfilesOut:
    """Which languages and skills those who work here have."""
    async with door.enter(Permission.STAFF_READ) as visit:
        found = await profiles.list_profiles(visit)
        return ProfilesOut(items=[ProfileOut.of(staff, profile) for staff, profile in found])


@router.put("/hq/staff/{id}", responses=documented(404))
async def describe(id: UUID, body: ProfileBody, door: DoorOf) -> ProfileOut:
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        found = await profiles.describe(visit, id, body.languages, body.skills)
        return ProfileOut.of(*found)


@router.get("/meetings/{id}/triage", responses=documented(404))
async def view_triage(id: UUID, door: DoorOf) -> TriageOut:
    async with door.enter(Permission.MEETINGS_CHANGE) as visit:
        return TriageOut.of(await profiles.triage_of(visit, id))


@router.put("/meetings/{id}/triage", responses=documented(404))
async def triage(id: UUID, body: TriageBody, door: DoorOf) -> TriageOut:
    """How urgent a visit is, and the skill that it asks for: an HQ chooses by that."""
    async with door.enter(Permission.MEETINGS_CHANGE) as visit:
        skill = None if body.skill is None else Private(body.skill)
        return TriageOut.of(await profiles.triage(visit, id, body.priority, skill))


@router.put("/meetings/{id}/place/devices", status_code=204, responses=THERE)
async def say_ready(id: UUID, body: DevicesBody, door: DoorOf) -> None:
    """From the waiting room: whether camera and microphone work there."""
    async with door.enter() as visit:
        await lobby.say_ready(visit, id, Devices(body.camera, body.microphone))


@router.get("/hq/queue")
async def queue(door: DoorOf) -> QueueOut:
    """Who waits with the workspaces that are served, the next one for the caller first."""
    async with door.enter(Permission.MEETINGS_HOST) as visit:
        found = await envoy(visit)
    return QueueOut.of(await look(door.clinic, found, door.origin), found.skilled)


@router.post("/hq/queue/next", status_code=201, responses=documented(404))
async def take_next(door: DoorOf, request: Request) -> HqTicketOut:
    """Take whoever is next for the caller, and come in: by priority, by how long they wait, by
    language, among those whom the caller has the skill for."""
    async with door.enter(Permission.MEETINGS_HOST) as visit:
        found = await envoy(visit)
        visit.tx.tell(Act("hq.next"))
    workspace, ticket = await taking.take_next(door.clinic, found, door.origin)
    async with door.enter(Permission.MEETINGS_HOST) as visit:
        await announce(visit, "take", workspace, ticket.meeting.id)
        return HqTicketOut.at(workspace, ticket_out(visit, ticket, request))


@router.post(VISIT, status_code=201, responses=THERE)
async def take(workspace: UUID, meeting: UUID, door: DoorOf, request: Request) -> HqTicketOut:
    """Take one who waits, and come in as the visit's host; again for another token. Of two who
    take the same one, one does."""
    found = await _announce(door, "take", workspace, meeting)
    try:
        async with there(door.clinic, found, workspace, door.origin) as visit:
            ticket = await taking.take(visit, found, meeting)
            return HqTicketOut.at(workspace, ticket_out(visit, ticket, request))
    except Refusal as refusal:
        await taking.note_refusal(door.clinic, found, meeting, refusal, door.origin)
        raise


@router.post(VISIT + "/admit", status_code=204, responses=THERE)
async def admit_all(workspace: UUID, meeting: UUID, door: DoorOf) -> None:
    """Let in whoever else waits for a visit that one has taken."""
    found = await _announce(door, "admit", workspace, meeting)
    async with there(door.clinic, found, workspace, door.origin) as visit:
        await lobby.admit_all(visit, meeting)


@router.post(VISIT + "/put-back", status_code=204, responses=THERE)
async def put_back(workspace: UUID, meeting: UUID, door: DoorOf) -> None:
    """Back to the waiting room, for somebody else to take."""
    found = await _announce(door, "put_back", workspace, meeting, finishes=True)
    async with there(door.clinic, found, workspace, door.origin, finishes=True) as visit:
        await taking.put_back(visit, meeting)


@router.delete(VISIT, status_code=204, responses=THERE)
async def end(workspace: UUID, meeting: UUID, door: DoorOf) -> None:
    """End a visit that one has taken, for all."""
    found = await _announce(door, "end", workspace, meeting, finishes=True)
    async with there(door.clinic, found, workspace, door.origin, finishes=True) as visit:
        await meetings.end(visit, meeting)


async def _list(door: Door, side: Side) -> AgreementsOut:
    async with door.enter(Permission.STAFF_READ) as visit:
        rows = await agreements.list_links(visit, side)
        return AgreementsOut(items=[AgreementOut.of(row) for row in rows])


async def _announce(
    door: Door, what: str, workspace: UUID, meeting: UUID, *, finishes: bool = False
) -> Envoy:
    async with door.enter(Permission.MEETINGS_HOST) as visit:
        return await announce(visit, what, workspace, meeting, finishes=finishes)
