"""Letters and text messages from the transaction that they tell of to who carries them, each sent
once.

A letter is claimed before it is sent. Whoever is gone between leaves it claimed: then nobody knows
whether it was sent, and it is not sent again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.sql import ColumnElement

from api.carriers.carrier import Report
from api.clinic import smscarriers
from api.clinic.caller import Visit
from api.clinic.clinic import Clinic, get
from api.clinic.errors import InTheWay, TooMany
from api.clinic.letters import Letter, compose, compose_text
from api.clinic.patients import visible_ids
from api.clinic.smscarriers import Chosen, chosen
from api.clinic.words import words_for
from api.rules.auditing import Act, ActorKind, Outcome
from api.rules.mailing import (
    DAY,
    LEASE,
    ON_ITS_WAY,
    Channel,
    MailState,
    next_try,
    wait_for_another,
)
from api.rules.wording import LetterKind
from api.store.errors import SecretsError
from api.store.models import Mail
from api.store.store import Transaction

FINISHED_BADLY = {MailState.REFUSED, MailState.BOUNCED, MailState.UNKNOWN, MailState.EXPIRED}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter or a text message that is ours to send."""

    id: UUID
    workspace: UUID
    message: bytes
    by: Chosen | None = None  # who carries it, if it is a text message


def check_mail(clinic: Clinic) -> None:
    """Raises InTheWay."""
    if clinic.mail.sender is None:
        raise InTheWay("no_mail", "This server sends no mail (clinic.mail): hand over the link.")


async def check_channel(clinic: Clinic, tx: Transaction, channel: Channel) -> None:
    """Raises InTheWay."""
    if channel is Channel.MAIL:
        check_mail(clinic)
    else:
        await smscarriers.check(clinic, tx)


async def post(
    clinic: Clinic,
    tx: Transaction,
    workspace: UUID,
    letter: Letter,
    *,
    is_asked: bool = True,
    at: datetime | None = None,
) -> Mail:
    """Send a letter once the transaction is through, or not before a time. `is_asked`: somebody has
    asked for it, who may do so only so often. Raises InTheWay, TooMany."""
    await check_channel(clinic, tx, letter.channel)
    if is_asked:
        await _throttle(tx, letter)
    id = tx.new_id()
    mail = Mail(
        id=id,
        channel=letter.channel.value,
        kind=letter.kind.value,
        subject_kind=letter.subject[0].value,
        subject_id=letter.subject[1],
        meeting_id=letter.meeting_id,
        sealed=clinic.keyring.seal(await _written(clinic, tx, letter, id), place(id)),
        state=MailState.WAITING.value,
        reason=None,
        reference=None,
        tries=0,
        created_at=tx.now,
        next_at=at or tx.now,
        expires_at=letter.expires_at,
        claimed_at=None,
        finished_at=None,
    )
    tx.session.add(mail)
    detail = {"kind": mail.kind, "to": mail.subject_kind, "of": str(mail.subject_id)}
    tx.tell(Act("mail.post", "mail", str(id), detail=detail))
    tx.afterwards.append(lambda: clinic.tray(letter.channel).wake(workspace))
    return mail


async def _written(clinic: Clinic, tx: Transaction, letter: Letter, id: UUID) -> bytes:
    """Raises InTheWay."""
    words = await words_for(tx, letter.channel, letter.kind, letter.language)
    if letter.channel is Channel.SMS:
        return compose_text(letter, words.text)
    assert clinic.mail.sender is not None
    return compose(letter, words, clinic.mail.sender, id, tx.now)


async def _throttle(tx: Transaction, letter: Letter) -> None:
    """Nobody's mailbox is filled by us. Raises TooMany."""
    query = select(Mail.created_at).where(
        Mail.subject_id == letter.subject[1],
        Mail.kind == letter.kind.value,
        Mail.channel == letter.channel.value,
        Mail.meeting_id.is_(None)
        if letter.meeting_id is None
        else Mail.meeting_id == letter.meeting_id,
        Mail.created_at > tx.now - DAY,
    )
    wait = wait_for_another((await tx.session.scalars(query)).all(), tx.now)
    if wait is not None:
        sentence = "They have just been written to: wait a little, or hand over the link."
        raise TooMany("just_sent", sentence, wait.total_seconds())


async def list_mail(
    visit: Visit, after: UUID | None, limit: int, meeting: UUID | None = None
) -> Sequence[Mail]:
    """Those to patients that the caller may not see are left out. `meeting`: that they tell of."""
    query = select(Mail).where(_is_visible(visit)).order_by(Mail.id).limit(limit)
    if meeting is not None:
        query = query.where(Mail.meeting_id == meeting)
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


async def claim(clinic: Clinic, workspace: UUID, channel: Channel = Channel.MAIL) -> Claimed | None:
    """The one that has waited longest of those that are due, if there is one."""
    async with clinic.store.writing(workspace) as tx:
        await _settle_abandoned(tx, channel)
        by = await chosen(clinic, tx) if channel is Channel.SMS else None
        query = (
            select(Mail)
            .where(
                Mail.channel == channel.value,
                Mail.state == MailState.WAITING.value,
                Mail.next_at <= tx.now,
            )
            .order_by(Mail.next_at, Mail.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        while (mail := await tx.session.scalar(query)) is not None:
            if tx.now >= mail.expires_at:
                _finish(tx, mail, MailState.EXPIRED, "too_late")
            elif (message := _open(clinic, mail)) is None:
                _finish(tx, mail, MailState.REFUSED, "key_missing")
            elif channel is Channel.SMS and by is None:  # there was one when it was written
                mail.tries += 1
                mail.reason, mail.next_at = "no_sms", next_try(mail.tries, tx.now)
            else:
                mail.state, mail.claimed_at = MailState.SENDING.value, tx.now
                mail.tries += 1
                return Claimed(mail.id, workspace, message, by)
            await tx.session.flush()
    return None


def _open(clinic: Clinic, mail: Mail) -> bytes | None:
    try:
        return clinic.keyring.open(mail.sealed or b"", place(mail.id))
    except SecretsError:
        return None


async def _settle_abandoned(tx: Transaction, channel: Channel) -> None:
    query = select(Mail).where(
        Mail.channel == channel.value,
        Mail.state == MailState.SENDING.value,
        Mail.claimed_at < tx.now - LEASE,
    )
    for mail in await tx.session.scalars(query):
        _finish(tx, mail, MailState.UNKNOWN, "interrupted")


async def settle(
    clinic: Clinic,
    letter: Claimed,
    state: MailState,
    reason: str | None = None,
    reference: str | None = None,
) -> None:
    """How sending it went; WAITING: it is to be tried again."""
    async with clinic.store.writing(letter.workspace) as tx:
        mail = await get(tx, Mail, letter.id, "letter")
        mail.reference = reference or mail.reference
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
        if mail.state in ON_ITS_WAY:
            _finish(tx, mail, MailState.BOUNCED, reason)
        return True


async def heard(clinic: Clinic, workspace: UUID, id: UUID, report: Report) -> bool:
    """What a carrier tells of one, in whatever order that comes; False when it is none of ours."""
    async with clinic.store.writing(workspace) as tx:
        query = select(Mail).where(Mail.id == id, Mail.channel == Channel.SMS.value)
        mail = await tx.session.scalar(query.with_for_update())
        if mail is None:
            return False
        is_news = mail.state in ON_ITS_WAY and mail.state != report.state.value
        if is_news:
            _finish(tx, mail, report.state, report.reason)
        return True


async def by_reference(clinic: Clinic, workspace: UUID, reference: str) -> UUID | None:
    """The message that a carrier calls so."""
    async with clinic.store.reading(workspace) as tx:
        query = select(Mail.id).where(
            Mail.channel == Channel.SMS.value, Mail.reference == reference
        )
        found: UUID | None = await tx.session.scalar(query.limit(1))
        return found


async def overtake(tx: Transaction, meeting: UUID, subject: UUID | None = None) -> None:
    """Reminders of what is moved or called off are not sent any more; `subject`: to one alone."""
    query = select(Mail).where(
        Mail.meeting_id == meeting,
        Mail.kind == LetterKind.REMINDER.value,
        Mail.state == MailState.WAITING.value,
    )
    for mail in await tx.session.scalars(query):
        if subject in (None, mail.subject_id):
            _finish(tx, mail, MailState.EXPIRED, "overtaken")


async def drop_texts(tx: Transaction, subject: UUID) -> None:
    """Somebody wants none any more."""
    query = select(Mail).where(
        Mail.subject_id == subject,
        Mail.channel == Channel.SMS.value,
        Mail.state == MailState.WAITING.value,
    )
    for mail in await tx.session.scalars(query):
        _finish(tx, mail, MailState.EXPIRED, "withdrawn")


async def drop(tx: Transaction, subject: UUID, kind: LetterKind, reason: str) -> None:
    """What somebody need not be told any more."""
    query = select(Mail).where(
        Mail.subject_id == subject,
        Mail.kind == kind.value,
        Mail.state == MailState.WAITING.value,
    )
    for mail in await tx.session.scalars(query):
        _finish(tx, mail, MailState.EXPIRED, reason)


async def is_on_its_way(tx: Transaction, subject: UUID, kind: LetterKind, since: datetime) -> bool:
    """Whether somebody was written to, or will be."""
    query = select(Mail.id).where(
        Mail.subject_id == subject,
        Mail.kind == kind.value,
        Mail.state != MailState.EXPIRED.value,
        Mail.created_at > since,
    )
    return await tx.session.scalar(query.limit(1)) is not None


async def next_due(
    clinic: Clinic, workspace: UUID, channel: Channel = Channel.MAIL
) -> datetime | None:
    """When there is something to do again; None: once somebody posts something."""
    async with clinic.store.reading(workspace) as tx:
        here = Mail.channel == channel.value
        due = select(func.min(Mail.next_at)).where(here, Mail.state == MailState.WAITING.value)
        held = select(func.min(Mail.claimed_at)).where(here, Mail.state == MailState.SENDING.value)
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
