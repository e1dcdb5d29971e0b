"""Sessions, and the links that people come in by."""

from base64 import b32encode
from uuid import UUID

from fastapi import APIRouter, Response

from api.clinic import changing, sessions, signin
from api.clinic.caller import Visit, workspace_of
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.problems import documented
from api.rest.v1.shapes import shown
from api.rest.v1.signingshapes import (
    AcceptBody,
    LinkBody,
    LinkSignInBody,
    OpenedOut,
    PasswordBody,
    RunningOut,
    SessionOut,
    SessionsOut,
    SignInBody,
    WhoOut,
)
from api.rules.auditing import ActorKind
from api.rules.bearers import parse
from api.rules.roles import Role
from api.store.models import Guest, Patient, Staff

router = APIRouter(tags=["sessions"])
WHO = {ActorKind.STAFF: Staff, ActorKind.PATIENT: Patient, ActorKind.GUEST: Guest}


@router.post("/sessions", status_code=201, responses=documented(401, 409, 422, 429, 503))
async def sign_in(body: SignInBody, door: DoorOf, response: Response) -> SessionOut:
    """Sign in as staff, by password and the code of an authenticator."""
    signed = await signin.sign_in(
        door.clinic, door.origin, body.workspace, body.email, body.password, body.code
    )
    return await keep(door, response, signed)


@router.post("/sessions/link", status_code=201, responses=documented(401, 403, 409, 422, 503))
async def enter_by_link(body: LinkSignInBody, door: DoorOf, response: Response) -> SessionOut:
    """Sign in as a patient or a guest, by a one-time link."""
    born = body.birth_date.isoformat() if body.birth_date else None
    signed = await signin.enter_by_link(door.clinic, door.origin, parse(body.token), born)
    return await keep(door, response, signed)


@router.get("/sessions", responses=documented(401, 403, 422, 503), dependencies=SIGNED_IN)
async def list_sessions(door: DoorOf) -> SessionsOut:
    """Where one is signed in, the newest first."""
    async with door.enter() as visit:
        rows = await sessions.list_sessions(visit)
        own = visit.caller.session
        return SessionsOut(items=[RunningOut.of(row, is_current=row.id == own) for row in rows])


@router.delete(
    "/sessions", status_code=204, responses=documented(401, 403, 422, 503), dependencies=SIGNED_IN
)
async def sign_out_everywhere(door: DoorOf, response: Response) -> None:
    """End all of one's sessions, this one too."""
    async with door.enter() as visit:
        await sessions.end_all(visit)
    door.forget(response)


@router.put(
    "/password",
    status_code=204,
    responses=documented(400, 401, 403, 422, 429, 503),
    dependencies=SIGNED_IN,
)
async def change_password(body: PasswordBody, door: DoorOf) -> None:
    """Set a new password, with the one of now and a new code. Other sessions end."""
    await changing.change_password(door.enter, body.current, body.code, body.password)


@router.get("/sessions/current", responses=documented(401, 422, 503), dependencies=SIGNED_IN)
async def who_am_i(door: DoorOf) -> WhoOut:
    """Who is signed in, and what they may do."""
    async with door.enter() as visit:
        workspace, caller = await workspace_of(visit), visit.caller
        return WhoOut(
            workspace=workspace.slug,
            title=workspace.title,
            kind=caller.kind.value,
            id=caller.id,
            name=await name_of(visit),
            language=await language_of(visit),
            role=caller.role,
            permissions=sorted(caller.permissions),
        )


@router.delete(
    "/sessions/current",
    status_code=204,
    responses=documented(401, 403, 422, 503),
    dependencies=SIGNED_IN,
)
async def sign_out(door: DoorOf, response: Response) -> None:
    """End the session."""
    async with door.enter() as visit:
        await signin.sign_out(visit)
    door.forget(response)


@router.delete(
    "/sessions/{id:uuid}",
    status_code=204,
    responses=documented(401, 403, 404, 422, 503),
    dependencies=SIGNED_IN,
)
async def end_session(id: UUID, door: DoorOf) -> None:
    """End one of one's sessions, in another browser for one."""
    async with door.enter() as visit:
        await sessions.end(visit, id)


@router.post("/links/open", responses=documented(401, 409, 422, 503))
async def open_link(body: LinkBody, door: DoorOf) -> OpenedOut:
    """See what a link of staff is for, and get the secret for an authenticator."""
    opened = await signin.open_link(door.clinic, door.origin, parse(body.token))
    return OpenedOut(
        workspace=opened.workspace.slug,
        title=opened.workspace.title,
        role=Role(opened.role),
        email=shown(opened.email),
        name=shown(opened.name),
        secret=b32encode(opened.secret).decode(),
        uri=opened.uri,
    )


@router.post("/links/accept", status_code=201, responses=documented(400, 401, 403, 409, 422, 503))
async def accept_link(body: AcceptBody, door: DoorOf, response: Response) -> SessionOut:
    """Set password and authenticator by a link of staff, and sign in."""
    answer = signin.Answer(body.email, body.name, body.password, body.code)
    signed = await signin.accept_link(door.clinic, door.origin, parse(body.token), answer)
    return await keep(door, response, signed)


async def keep(door: DoorOf, response: Response, signed: signin.SignedIn) -> SessionOut:
    """Instead of the session that the browser has had."""
    if (held := door.held()) is not None:
        await sessions.replace(door.clinic, door.origin, held)
    door.keep(response, signed.bearer, signed.expires_at)
    return SessionOut(
        kind=signed.kind.value,
        id=signed.id,
        expires_at=signed.expires_at,
        meeting_id=signed.meeting,
    )


async def name_of(visit: Visit) -> str | None:
    kind = WHO.get(visit.caller.kind)
    row = None if kind is None else await visit.tx.session.get(kind, key_of(visit))
    return None if row is None else shown(row.name)  # type: ignore[attr-defined]


async def language_of(visit: Visit) -> str | None:
    if visit.caller.kind is not ActorKind.PATIENT:
        return None
    row = await visit.tx.session.get(Patient, key_of(visit))
    return None if row is None else row.language


def key_of(visit: Visit) -> dict[str, object]:
    return {"workspace_id": visit.caller.workspace, "id": visit.caller.id}
