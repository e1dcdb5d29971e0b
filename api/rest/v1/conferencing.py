"""`/conferencing`: where visits can take place, and the accounts at other providers."""

from typing import Annotated, Literal
from urllib.parse import urljoin

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse

from api.clinic.providers import capabilities, connecting
from api.clinic.providers.connecting import Returned
from api.rest.v1.conferencingshapes import BegunOut, ConferencingOut, DisconnectedOut
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.problems import documented
from api.rules.conferencing import NAMES
from api.rules.plans import Provider
from api.rules.roles import Permission

router = APIRouter(prefix="/conferencing", tags=["conferencing"])
PLAIN, SECURE = "housecall-connecting", "__Host-housecall-connecting"  # cookies
CALLBACK = "/api/v1/conferencing/callback"

Elsewhere = Literal[Provider.GOOGLE_MEET, Provider.MICROSOFT_TEAMS, Provider.ZOOM]
FromProvider = Annotated[str | None, Query(max_length=4096, pattern=r"^[\x20-\x7e]+$")]


@router.get("", dependencies=SIGNED_IN, responses=documented(401, 403, 503))
async def read(door: DoorOf) -> ConferencingOut:
    """What the workspace can have, what is connected, and where a visit goes without a choice."""
    async with door.enter(Permission.STAFF_READ) as visit:
        return ConferencingOut.of(await capabilities.read(visit))


@router.post(
    "/{provider}/connection",
    status_code=201,
    dependencies=SIGNED_IN,
    responses=documented(401, 403, 409, 422, 503),
)
async def connect(provider: Elsewhere, door: DoorOf, response: Response) -> BegunOut:
    """Begin to connect an account: open the address in this browser, and agree there."""
    redirect = urljoin(door.page, CALLBACK)
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        begun = connecting.begin(visit, provider, redirect)
    response.set_cookie(
        SECURE if door.is_secure else PLAIN,
        begun.sealed,
        max_age=int(connecting.VALIDITY.total_seconds()),
        path="/",
        secure=door.is_secure,
        httponly=True,
        samesite="lax",  # it has to come along from the provider's page
    )
    return BegunOut(url=begun.url, expires_at=begun.expires_at)


@router.get(
    "/callback", response_class=PlainTextResponse, responses=documented(401, 403, 409, 422, 503)
)
async def callback(
    request: Request,
    door: DoorOf,
    state: Annotated[str, Query(max_length=200, pattern=r"^[\x20-\x7e]*$")],
    code: FromProvider = None,
    error: FromProvider = None,
) -> PlainTextResponse:
    """Where the provider sends the browser back to, with the cookie that it was sent off with."""
    cookie = request.cookies.get(SECURE if door.is_secure else PLAIN)
    back = Returned(state, code, error)
    provider = await connecting.finish(door.clinic, door.origin, cookie, back)
    answer = PlainTextResponse(f"{NAMES[provider]} is connected. You can close this page.\n")
    answer.delete_cookie(
        SECURE if door.is_secure else PLAIN, path="/", secure=door.is_secure, httponly=True,
        samesite="lax",
    )  # fmt: skip
    return answer


@router.delete(
    "/{provider}/connection",
    dependencies=SIGNED_IN,
    responses=documented(401, 403, 404, 422, 503),
)
async def disconnect(provider: Elsewhere, door: DoorOf) -> DisconnectedOut:
    """Forget the account here, and have the provider end the access where it has a way to. What
    was made there stays there."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        account = await connecting.disconnect(visit, provider)
        workspace = visit.caller.workspace
    ended = await connecting.revoke(door.clinic, workspace, account)
    return DisconnectedOut.of(ended)
