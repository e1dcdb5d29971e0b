"""Letters from the transaction that they tell of to the mail server, each sent once.

A letter is claimed before it is sent. Whoever is gone between leaves it claimed: then nobody knows
whether it was sent, and it is not sent again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.sql import ColumnElement

from api.clinic.caller import Visit
from api.clinic.clinic import Clinic, get
from api.clinic.errors import InTheWay, TooMany
from api.clinic.letters import Letter, compose
from api.clinic.patients import visible_ids
from api.rules.auditing import Act, ActorKind, Outcome
from api.rules.mailing import DAY, LEASE, MailState, next_try, wait_for_another
from api.store.errors import SecretsError
from api.store.models import Mail
from api.store.store import Transaction

FINISHED_BADLY = {MailState.REFUSED, MailState.BOUNCED, MailState.UNKNOWN, MailState.EXPIRED}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that is ours to send."""

    id: UUID
    workspace: UUID
    message: bytes


def check_mail(clinic: Clinic) -> None:
    """Raises InTheWay."""
    if clinic.mail.sender is None:
        raise InTheWay("no_mail", "This server sends no mail (clinic.mail): hand over the link.")


async def post(
    clinic: Clinic, tx: Transaction, workspace: UUID, letter: Letter, *, is_asked: bool = True
) -> Mail:
    """Send a letter once the transaction is through. `is_asked`: somebody has asked for it, who
    may do so only so often. Raises InTheWay, TooMany."""
    check_mail(clinic)
    assert clinic.mail.sender is not None
    if is_asked:
        await _throttle(tx, letter)
    id = tx.new_id()
    message = compose(letter, clinic.mail.sender, id, tx.now)
    mail = Mail(
        id=id,
        kind=letter.kind.value,
        subject_kind=letter.subject[0].value,
        subject_id=letter.subject[1],
        meeting_id=letter.meeting_id,
        sealed=clinic.keyring.seal(message, place(id)),
        state=MailState.WAITING.value,
        reason=None,
        tries=0,
        created_at=tx.now,
        next_at=tx.now,
        expires_at=letter.expires_at,
        claimed_at=None,
        finished_at=None,
    )
    tx.session.add(mail)
    detail = {"kind": mail.kind, "to": mail.subject_kind, "of": str(mail.subject_id)}
    tx.tell(Act("mail.post", "mail", str(id), detail=detail))
    tx.afterwards.append(lambda: clinic.mail.wake(workspace))
    return mail


async def _throttle(tx: Transaction, letter: Letter) -> None:
    """Nobody's mailbox is filled by us. Raises TooMany."""
    query = select(Mail.created_at).where(
        Mail.subject_id == letter.subject[1],
        Mail.kind == letter.kind.value,
        Mail.meeting_id.is_(None)
        if letter.meeting_id is None
        else Mail.meeting_id == letter.meeting_id,
        Mail.created_at > tx.now - DAY,
    )
    wait = wait_for_another((await tx.session.scalars(query)).all(), tx.now)
    if wait is not None:
        sentence = "They have just been written to: wait a little, or hand over the link."
        raise TooMany("just_sent", sentence, wait.total_seconds())


async def list_mail(visit: Visit, after: UUID | None, limit: int) -> Sequence[Mail]:
    """Those to patients that the caller may not see are left out."""
    query = select(Mail).where(_is_visible(visit)).order_by(Mail.id).limit(limit)
    if after is not None:
        query = query.where(Mail.id > after)
    found = (await visit.tx.session.scalars(query)).all()
    visit.tx.tell(Act("mail.list", detail={"ids": [str(mail.id) for mail in found]}))
    return found


async def view(visit: Visit, id: UUID) -> Mail:
    """Raises Missing."""
    mail = await get(visit.tx, Mail, id, "letter", _is_visible(visit))
    visit.tx.tell(Act("mail.view", "mail", str(id)))
    return mail


def _is_visible(visit: Visit) -> ColumnElement[bool]:
    return or_(
        Mail.subject_kind != ActorKind.PATIENT.value, Mail.subject_id.in_(visible_ids(visit))
    )


async def claim(clinic: Clinic, workspace: UUID) -> Claimed | None:
    """The letter that has waited longest of those that are due, if there is one."""
    async with clinic.store.writing(workspace) as tx:
        await _settle_abandoned(tx)
        query = (
            select(Mail)
            .where(Mail.state == MailState.WAITING.value, Mail.next_at <= tx.now)
            .order_by(Mail.next_at, Mail.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        while (mail := await tx.session.scalar(query)) is not None:
            if tx.now >= mail.expires_at:
                _finish(tx, mail, MailState.EXPIRED, "too_late")
            elif (message := _open(clinic, mail)) is None:
                _finish(tx, mail, MailState.REFUSED, "key_missing")
            else:
                mail.state, mail.claimed_at = MailState.SENDING.value, tx.now
                mail.tries += 1
                return Claimed(mail.id, workspace, message)
            await tx.session.flush()
    return None


def _open(clinic: Clinic, mail: Mail) -> bytes | None:
    try:
        return clinic.keyring.open(mail.sealed or b"", place(mail.id))
    except SecretsError:
        return None


async def _settle_abandoned(tx: Transaction) -> None:
    query = select(Mail).where(
        Mail.state == MailState.SENDING.value, Mail.claimed_at < tx.now - LEASE
    )
    for mail in await tx.session.scalars(query):
        _finish(tx, mail, MailState.UNKNOWN, "interrupted")


async def settle(
    clinic: Clinic, letter: Claimed, state: MailState, reason: str | None = None
) -> None:
    """How sending it went; WAITING: it is to be tried again."""
    async with clinic.store.writing(letter.workspace) as tx:
        mail = await get(tx, Mail, letter.id, "letter")
        if mail.state != MailState.SENDING.value:
            return
        if state is not MailState.WAITING:
            _finish(tx, mail, state, reason)
            return
        mail.state, mail.reason, mail.claimed_at = state.value, reason, None
        mail.next_at = next_try(mail.tries, tx.now)


async def bounce(clinic: Clinic, workspace: UUID, id: UUID, reason: str) -> bool:
    """A letter has come back; False when it is none of ours."""
    async with clinic.store.writing(workspace) as tx:
        mail = await tx.session.scalar(select(Mail).where(Mail.id == id))
        if mail is None:
            return False
        if mail.state in (MailState.SENT.value, MailState.UNKNOWN.value, MailState.SENDING.value):
            _finish(tx, mail, MailState.BOUNCED, reason)
        return True


async def next_due(clinic: Clinic, workspace: UUID) -> datetime | None:
    """When there is something to do again; None: once somebody posts a letter."""
    async with clinic.store.reading(workspace) as tx:
        due = select(func.min(Mail.next_at)).where(Mail.state == MailState.WAITING.value)
        held = select(func.min(Mail.claimed_at)).where(Mail.state == MailState.SENDING.value)
        waiting, sending = await tx.session.scalar(due), await tx.session.scalar(held)
    times = [waiting, None if sending is None else sending + LEASE]
    return min((at for at in times if at is not None), default=None)


def _finish(tx: Transaction, mail: Mail, state: MailState, reason: str | None) -> None:
    mail.state, mail.reason = state.value, reason
    mail.sealed, mail.finished_at = None, tx.now
    outcome = Outcome.REFUSED if state in FINISHED_BADLY else Outcome.DONE
    tx.tell(Act(f"mail.{state.value}", "mail", str(mail.id), outcome, reason))


def place(id: UUID) -> str:
    """Where a sealed letter stands."""
    return f"outbox {id}"
