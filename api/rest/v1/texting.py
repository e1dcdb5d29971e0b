"""Text messages: who may be sent some, and one to try it."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import StrictBool

from api.clinic import texting
from api.clinic.texting import Texting
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.problems import documented
from api.rest.v1.shapes import Language, Phone, Shape, shown
from api.rules.private import Private
from api.rules.roles import Permission
from api.rules.texting import Said
from api.store.models import TextConsent

router = APIRouter(tags=["text messages"])
STAFF = documented(401, 403, 404, 422, 503)


class TextConsentBody(Shape):
    given: StrictBool
    method: Literal[Said.CLICK, Said.VOICE, Said.SIGNATURE]


class TextReceipt(Shape):
    given: bool
    phone: str
    method: Said
    noted_by: UUID | None
    at: datetime

    @classmethod
    def of(cls, row: TextConsent) -> Self:
        return cls(
            given=row.given,
            phone=row.phone.text,
            method=Said(row.method),
            noted_by=row.noted_by,
            at=row.at,
        )


class TextingOut(Shape):
    """`number`: where text messages would go, if the record has a number with its country.
    `offered`: text messages are sent here."""

    offered: bool
    number: str | None
    may_be_texted: bool
    receipts: list[TextReceipt]  # the newest first

    @classmethod
    def of(cls, found: Texting) -> Self:
        return cls(
            offered=found.offered,
            number=shown(found.number),
            may_be_texted=found.may,
            receipts=[TextReceipt.of(row) for row in found.receipts],
        )


class TrialBody(Shape):
    phone: Phone  # with its country
    language: Language | None = None


class TrialOut(Shape):
    mail_id: UUID


@router.get("/patients/{id}/texting", responses=STAFF, dependencies=SIGNED_IN)
async def view(id: UUID, door: DoorOf) -> TextingOut:
    async with door.enter() as visit:
        return TextingOut.of(await texting.view(visit, id))


@router.post(
    "/patients/{id}/texting", status_code=201, responses=STAFF | documented(409),
    dependencies=SIGNED_IN,
)  # fmt: skip
async def say(id: UUID, body: TextConsentBody, door: DoorOf) -> TextingOut:
    """A patient agrees to be sent text messages, or does not any more: a receipt that stays. The
    patient clicks; staff note what they have heard, or have on paper."""
    async with door.enter() as visit:
        return TextingOut.of(await texting.say(visit, id, body.given, body.method))


@router.post(
    "/texts/test",
    status_code=201,
    responses=documented(401, 403, 409, 422, 429, 503),
    dependencies=SIGNED_IN,
)
async def send_test(body: TrialBody, door: DoorOf) -> TrialOut:
    """A message to a number of whoever asks, to see whether they come; `GET /mail/ID` tells."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        mail = await texting.send_test(visit, Private(body.phone), body.language)
        return TrialOut(mail_id=mail.id)
