"""Who may be sent text messages, and what they have said of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from api.carriers.carrier import Reply, Report
from api.clinic import outbox, smscarriers
from api.clinic.caller import Visit, demand, workspace_of
from api.clinic.clinic import Clinic, get
from api.clinic.errors import Forbidden, InTheWay
from api.clinic.letters import Letter
from api.clinic.patients import find as find_patient
from api.rules.auditing import Act, ActorKind
from api.rules.mailing import Channel
from api.rules.private import Private
from api.rules.roles import Permission
from api.rules.texting import Said, Wish, international
from api.rules.wording import LetterKind
from api.store.models import Mail, Patient, TextConsent
from api.store.store import Transaction

TEST_LASTS = timedelta(hours=1)  # that a test is of use


@dataclass(frozen=True, slots=True)
class Texting:
    """`number`: as it would be texted; None: their record has none that can be."""

    number: Private | None
    may: bool
    receipts: Sequence[TextConsent]  # the newest first
    offered: bool  # text messages are sent here


async def may_text(tx: Transaction, kind: str, subject: UUID, number: Private) -> bool:
    newest = await _newest(tx, kind, subject, number)
    return newest is not None and newest.given


async def view(visit: Visit, patient: UUID) -> Texting:
    """Raises Missing, Forbidden."""
    row = await _patient(visit, patient, Permission.PATIENTS_READ)
    visit.tx.tell(Act("texting.view", "patient", str(patient)))
    return await _shown(visit, row)


async def say(visit: Visit, patient: UUID, given: bool, method: Said) -> Texting:
    """Raises Missing, Forbidden, InTheWay."""
    row = await _patient(visit, patient, Permission.PATIENTS_CHANGE)
    is_theirs = visit.caller.kind is ActorKind.PATIENT
    if (method is Said.CLICK) is not is_theirs:
        sentence = "Who agrees clicks themselves; staff note what they heard or have on paper."
        raise Forbidden("wrong_method", sentence)
    number = international(row.phone)
    if number is None:
        sentence = "Their record has no telephone number with its country (+34 …): add it first."
        raise InTheWay("no_number", sentence)
    subject = (ActorKind.PATIENT, patient)
    await record(visit.tx, subject, number, given, method, visit.staff_id)
    await visit.tx.session.flush()
    return await _shown(visit, row)


async def send_test(visit: Visit, phone: Private, language: str | None) -> Mail:
    """To whoever asks, at a number of theirs: it shows that the carrier takes messages, and what it
    tells of them. Raises InTheWay, TooMany."""
    await outbox.check_channel(visit.clinic, visit.tx, Channel.SMS)
    number = international(phone)
    if number is None:
        raise InTheWay("bad_number", "Give the number with its country: +34 600 11 22 33.")
    if any(not one.given for one in await _newest_of_number(visit.tx, number)):
        raise InTheWay("texts_unwanted", "Whoever has this number wants no text messages.")
    tx, workspace = visit.tx, await workspace_of(visit)
    letter = Letter(
        LetterKind.TEST, number, (visit.caller.kind, visit.caller.id), tx.now + TEST_LASTS,
        language, {"clinic": workspace.title}, channel=Channel.SMS,
    )  # fmt: skip
    return await outbox.post(visit.clinic, tx, workspace.id, letter)


async def record(
    tx: Transaction,
    subject: tuple[ActorKind, UUID],
    number: Private,
    given: bool,
    method: Said,
    noted_by: UUID | None = None,
) -> None:
    """A receipt. What waits to be texted to who wants none is not sent."""
    kind, id = subject
    tx.session.add(
        TextConsent(
            id=tx.new_id(), kind=kind.value, subject_id=id, phone=number, given=given,
            method=method.value, noted_by=noted_by, at=tx.now,
        )
    )  # fmt: skip
    await tx.session.flush()
    detail = {"given": given, "method": method.value}
    tx.tell(Act("texting.consent", kind.value, str(id), detail=detail))
    if not given:
        await outbox.drop_texts(tx, id)


async def reply(clinic: Clinic, heard: Reply, only: UUID | None = None) -> int:
    """`only`: to that workspace's own sender. To the one that the others share it counts in each of
    them, and STOP in all: they may have shared it once. How many receipts were written."""
    count = 0
    for workspace in await clinic.workspaces():
        if only not in (None, workspace.id):
            continue
        async with clinic.store.writing(workspace.id) as tx:
            has_own = await smscarriers.find(tx) is not None
            if only is None and has_own and heard.wish is Wish.START:
                continue
            for newest in await _newest_of_number(tx, heard.sender):
                took_back = not newest.given and newest.method == Said.REPLY
                if newest.given if heard.wish is Wish.STOP else took_back:
                    subject = (ActorKind(newest.kind), newest.subject_id)
                    given = heard.wish is Wish.START
                    await record(tx, subject, heard.sender, given, Said.REPLY)
                    count += 1
    return count


async def reported(clinic: Clinic, report: Report, only: UUID | None = None) -> bool:
    """What a carrier says of a message; False: it is none of ours. `only`: the workspace whose own
    carrier it is."""
    known = {workspace.id for workspace in await clinic.workspaces()}
    known = known if only is None else known & {only}
    if report.message is not None:
        workspace, id = report.message
        return workspace in known and await outbox.heard(clinic, workspace, id, report)
    if report.reference is None:
        return False
    for workspace in known:
        found = await outbox.by_reference(clinic, workspace, report.reference)
        if found is not None:
            return await outbox.heard(clinic, workspace, found, report)
    return False


async def _patient(visit: Visit, id: UUID, needed: Permission) -> Patient:
    """Staff see those whom they may, patients themselves. Raises Missing, Forbidden."""
    if visit.caller.kind is ActorKind.PATIENT:
        return await get(visit.tx, Patient, id, "patient", Patient.id == visit.caller.id)
    demand(visit.tx, visit.caller, needed)
    return await find_patient(visit, id)


async def _shown(visit: Visit, patient: Patient) -> Texting:
    tx = visit.tx
    query = select(TextConsent).where(
        TextConsent.kind == ActorKind.PATIENT.value, TextConsent.subject_id == patient.id
    )
    query = query.order_by(TextConsent.at.desc(), TextConsent.id.desc())
    receipts = (await tx.session.scalars(query)).all()
    number = international(patient.phone)
    may = number is not None and await may_text(tx, ActorKind.PATIENT, patient.id, number)
    offered = await smscarriers.chosen(visit.clinic, tx) is not None
    return Texting(number, may, receipts, offered)


async def _newest(tx: Transaction, kind: str, subject: UUID, number: Private) -> TextConsent | None:
    found = await _newest_of_number(tx, number)
    return next((one for one in found if (one.kind, one.subject_id) == (kind, subject)), None)


async def _newest_of_number(tx: Transaction, number: Private) -> list[TextConsent]:
    """Of each who was ever asked for that number."""
    query = select(TextConsent).where(TextConsent.phone == number)
    rows = await tx.session.scalars(query.order_by(TextConsent.at, TextConsent.id))
    return list({(row.kind, row.subject_id): row for row in rows}.values())
