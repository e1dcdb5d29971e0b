"""Invitations to visits, and the answers to them."""

from uuid import UUID

from fastapi import APIRouter

from api.clinic import inviting
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.invitingshapes import (
    AnswerBody,
    AnsweredOut,
    InvitationOut,
    InvitationsOut,
    InviteBody,
)
from api.rest.v1.problems import documented
from api.rules.bearers import parse

router = APIRouter(prefix="/meetings/{id}", tags=["invitations"])
STAFF = documented(401, 403, 404, 422, 503)


@router.post(
    "/invite",
    status_code=201,
    responses=STAFF | documented(400, 409, 429),
    dependencies=SIGNED_IN,
)
async def invite(id: UUID, body: InviteBody, door: DoorOf) -> InvitationsOut:
    """A letter with a link to come in, a link to answer by, and a file for calendars; or a text
    message with a link to come in. Links of an earlier one end. With the header Idempotency-Key a
    repetition writes to nobody, and tells what became of it."""
    asked = [one.asked for one in body.participants]
    once = door.once(f"invite {id}", body)
    async with door.enter() as visit:
        if await once.made(visit) is None:
            sent = await inviting.invite(visit, id, body.channel, asked)
            once.remember(visit, id)
        else:
            named = {one.participant for one in asked}
            found = await inviting.list_invitations(visit, id)
            sent = [one for one in found if not named or one.person.id in named]
        return InvitationsOut(items=[InvitationOut.of(one) for one in sent])


@router.get("/invitations", responses=STAFF, dependencies=SIGNED_IN)
async def list_invitations(id: UUID, door: DoorOf) -> InvitationsOut:
    """What became of the newest letter to each who was invited, and what they have answered."""
    async with door.enter() as visit:
        found = await inviting.list_invitations(visit, id)
        return InvitationsOut(items=[InvitationOut.of(one) for one in found])


@router.post("/rsvp", responses=documented(401, 409, 422, 429, 503))
async def answer(id: UUID, body: AnswerBody, door: DoorOf) -> AnsweredOut:
    """Answer an invitation, by its token alone. The last answer counts."""
    token, said = parse(body.token), body.answer
    return AnsweredOut.of(await inviting.answer(door.clinic, door.origin, token, id, said))
