"""`/patients`: their records, their links, and the glass in front of restricted ones."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Response

from api.clinic import patients
from api.clinic.alarm import tell_owners
from api.clinic.invitations import mail_link
from api.rest.v1.door import SIGNED_IN, DoorOf, tag
from api.rest.v1.paging import After, Limit, Page, page
from api.rest.v1.patientshapes import (
    FoundHidden,
    FoundPatients,
    GlassBody,
    GlassOut,
    NamedBody,
    NumberedBody,
    PatientBody,
    PatientChange,
    PatientLinkBody,
    PatientOut,
    PatientSearch,
    TeamMemberOut,
    TeamOut,
)
from api.rest.v1.problems import documented
from api.rest.v1.shapes import LinkOut
from api.rest.v1.staff import link_out
from api.rules.auditing import ActorKind
from api.rules.roles import Permission

router = APIRouter(
    tags=["patients"], dependencies=SIGNED_IN, responses=documented(401, 403, 422, 503)
)

MOST_HIDDEN = 5  # more of one name and day of birth are told apart by their numbers


@router.get("/patients")
async def list_patients(door: DoorOf, after: After = None, limit: Limit = 50) -> Page[PatientOut]:
    async with door.enter(Permission.PATIENTS_READ) as visit:
        rows = await patients.list_patients(visit, after, limit + 1)
        return page(rows, limit, lambda row: row.id, PatientOut.of)


@router.post("/patients/search")
async def search(body: PatientSearch, door: DoorOf) -> FoundPatients:
    """By name, and no names in addresses: hence POST."""
    async with door.enter(Permission.PATIENTS_READ) as visit:
        rows = await patients.search(visit, body.text, body.limit + 1)
        found = [PatientOut.of(row) for row in rows[: body.limit]]
        return FoundPatients(items=found, more=len(rows) > body.limit)


@router.post("/patients/restricted/search")
async def search_hidden(body: NamedBody | NumberedBody, door: DoorOf) -> FoundHidden:
    """In an emergency: the restricted record of whoever is named as exactly as only somebody can
    who knows them, to break its glass. That it was looked for is told to the audit log."""
    async with door.enter(Permission.BREAK_GLASS) as visit:
        return FoundHidden(ids=await patients.search_hidden(visit, body.who, MOST_HIDDEN))


@router.post("/patients", status_code=201, responses=documented(400, 404, 409))
async def create(body: PatientBody, door: DoorOf, response: Response) -> PatientOut:
    """With the header Idempotency-Key the record is made once, however often it is sent."""
    once = door.once("patient.create", body)
    async with door.enter(Permission.PATIENTS_CHANGE) as visit:
        known = await once.made(visit)
        if known is None:
            row = await patients.create(visit, body.fields())
            once.remember(visit, row.id)
        else:
            row = await patients.find(visit, known)
        tag(response, row.version)
        return PatientOut.of(row)


# A path that is no id may be another one, `/patients/search`.
@router.get("/patients/{id:uuid}", responses=documented(404))
async def view(id: UUID, door: DoorOf, response: Response) -> PatientOut:
    async with door.enter(Permission.PATIENTS_READ) as visit:
        row = await patients.view(visit, id)
        tag(response, row.version)
        return PatientOut.of(row)


@router.patch("/patients/{id:uuid}", responses=documented(404, 409, 412))
async def change(id: UUID, body: PatientChange, door: DoorOf, response: Response) -> PatientOut:
    async with door.enter(Permission.PATIENTS_CHANGE) as visit:
        row = await patients.change(visit, id, door.seen_version(), body.fields())
        tag(response, row.version)
        return PatientOut.of(row)


@router.delete("/patients/{id:uuid}", status_code=204, responses=documented(404, 409))
async def archive(id: UUID, door: DoorOf) -> None:
    """Records stay; links and sessions of the patient end."""
    async with door.enter(Permission.PATIENTS_CHANGE) as visit:
        await patients.archive(visit, id)


@router.post("/patients/{id}/links", status_code=201, responses=documented(404, 409, 429))
async def make_link(id: UUID, body: PatientLinkBody, door: DoorOf) -> LinkOut:
    """A link by which the patient signs in once."""
    async with door.enter(Permission.PATIENTS_CHANGE) as visit:
        validity = timedelta(minutes=body.minutes)
        shown = link_out(door, *await patients.make_patient_link(visit, id, validity))
        if body.mail:
            row = await patients.find(visit, id)
            subject = (ActorKind.PATIENT, id)
            until = shown.expires_at
            mail = await mail_link(visit, subject, row.email, row.language, shown.url, until)
            shown.mail_id = mail.id
        return shown


@router.post("/patients/{id}/break-glass", status_code=201, responses=documented(404))
async def break_glass(id: UUID, body: GlassBody, door: DoorOf) -> GlassOut:
    """Open a restricted record for an hour, with a reason that the owners will read: they are
    written to."""
    async with door.enter(Permission.BREAK_GLASS) as visit:
        glass = await patients.break_glass(visit, id, body.reason)
        await tell_owners(visit)
        return GlassOut.of(glass)


@router.get("/broken-glasses")
async def list_glasses(door: DoorOf, after: After = None, limit: Limit = 50) -> Page[GlassOut]:
    """Who has opened which restricted record, and why."""
    async with door.enter(Permission.AUDIT_READ) as visit:
        rows = await patients.list_glasses(visit, after, limit + 1)
        return page(rows, limit, lambda row: row[0].id, lambda row: GlassOut.of(*row))


@router.get("/patients/{id}/team", responses=documented(404))
async def read_team(id: UUID, door: DoorOf) -> TeamOut:
    """Who sees the record while it is restricted."""
    async with door.enter(Permission.PATIENTS_READ) as visit:
        team = await patients.team(visit, id)
        return TeamOut(items=[TeamMemberOut.of(one) for one in team])


@router.put("/patients/{id}/team/{staff}", status_code=204, responses=documented(404, 409))
async def put_on_team(id: UUID, staff: UUID, door: DoorOf) -> None:
    async with door.enter(Permission.PATIENTS_CHANGE) as visit:
        await patients.put_on_team(visit, id, staff)


@router.delete("/patients/{id}/team/{staff}", status_code=204, responses=documented(404))
async def take_off_team(id: UUID, staff: UUID, door: DoorOf) -> None:
    async with door.enter(Permission.PATIENTS_CHANGE) as visit:
        await patients.take_off_team(visit, id, staff)
