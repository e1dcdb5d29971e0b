"""Where those who take part in a visit are written to, by mail or by text message."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from api.clinic.errors import InTheWay
from api.clinic.texting import may_text
from api.rules.mailing import Channel
from api.rules.participation import Kind
from api.rules.private import Private
from api.rules.texting import international
from api.store.models import Guest, Invitation, Meeting, Patient, Staff
from api.store.store import Transaction


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a letter or a text message is for."""

    address: Private
    language: str | None
    channel: Channel = Channel.MAIL


async def reader_of(
    tx: Transaction,
    meeting: Meeting,
    kind: str,
    subject: UUID,
    channel: Channel = Channel.MAIL,
    given: Private | None = None,
) -> Reader:
    """`given`: a guest's address or number. Raises InTheWay."""
    address, language = await _known(tx, meeting, kind, subject, channel)
    address = given or address
    if channel is Channel.MAIL:
        if address is None:
            sentence = "There is no e-mail address of somebody: add one, or hand over a link."
            raise InTheWay("no_address", sentence)
        return Reader(address, language)
    number = international(address)
    if number is None:
        sentence = "There is no telephone number with its country (+34 …) of somebody: add one."
        raise InTheWay("no_number", sentence)
    if not await may_text(tx, kind, subject, number):
        sentence = (
            "They have not agreed to be sent text messages: ask them, and note what they say."
        )
        raise InTheWay("no_text_consent", sentence)
    return Reader(number, language, channel)


async def _known(
    tx: Transaction, meeting: Meeting, kind: str, subject: UUID, channel: Channel
) -> tuple[Private | None, str | None]:
    """Their address, as far as we know one, and their language."""
    session = tx.session
    if kind == Kind.STAFF:
        staff = await session.scalar(select(Staff).where(Staff.id == subject))
        by_mail = staff is not None and channel is Channel.MAIL
        return (staff.email if staff is not None and by_mail else None), None
    if kind == Kind.PATIENT:
        patient = await session.scalar(select(Patient).where(Patient.id == subject))
        if patient is None:
            return None, None
        known = patient.email if channel is Channel.MAIL else patient.phone
        return known, patient.language
    guest = await session.scalar(select(Guest).where(Guest.id == subject))
    invitation = await invitation_of(tx, meeting, kind, subject)
    if guest is None or guest.revoked_at is not None or invitation is None:
        return None, None
    is_here = invitation.channel == channel
    return (invitation.address if is_here else None), invitation.language


async def invitation_of(
    tx: Transaction, meeting: Meeting, kind: str, subject: UUID
) -> Invitation | None:
    found: Invitation | None = await tx.session.scalar(
        select(Invitation).where(
            Invitation.meeting_id == meeting.id,
            Invitation.kind == kind,
            Invitation.subject_id == subject,
        )
    )
    return found
