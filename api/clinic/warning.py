"""The people who work here are written to when their access is changed, and when somebody else may
be trying it. Nothing waits for that: who cannot be written to is not."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import select

from api.clinic.clinic import Clinic
from api.clinic.errors import Refusal
from api.clinic.letters import Letter, shown_time
from api.clinic.outbox import drop, is_on_its_way, post
from api.rules.accounts import GRACE, LATELY, Happening, Try, sentence, verdict
from api.rules.auditing import ActorKind, Outcome
from api.rules.private import Private
from api.rules.wording import LetterKind
from api.store.models import AuditEntry, Staff, Workspace
from api.store.store import Transaction

OF_USE = timedelta(days=7)  # that the letter is tried to be sent
HOUR = timedelta(hours=1)  # in which one letter tells of all tries


async def tell_changed(clinic: Clinic, tx: Transaction, staff: Staff, what: Happening) -> None:
    """A change of password or authenticator."""
    await _write(clinic, tx, staff, LetterKind.ACCOUNT, what, [staff.email])


async def tell_renewed(
    clinic: Clinic, tx: Transaction, staff: Staff, before: Private | None, *, is_first: bool
) -> None:
    """Somebody has used a link of theirs. `before`: their address until now; `is_first`: they had
    no password."""
    if before is not None and before != staff.email:
        addresses = [before, staff.email]
        await _write(clinic, tx, staff, LetterKind.ACCOUNT, Happening.ADDRESS, addresses)
    elif not is_first:
        await tell_changed(clinic, tx, staff, Happening.RENEWED)


async def tell_half(clinic: Clinic, tx: Transaction, staff: Staff) -> None:
    """The password was right and the code was not. The letter waits: mostly it was oneself."""
    if not await is_on_its_way(tx, staff.id, LetterKind.TRIES, tx.now - HOUR):
        at = tx.now + GRACE
        await _write(clinic, tx, staff, LetterKind.TRIES, Happening.HALF, [staff.email], at)


async def tell_signed_in(clinic: Clinic, tx: Transaction, staff: Staff) -> None:
    """What there was of wrong tries before was oneself, or is told."""
    here = tx.origin.address
    seen = verdict(await _tries(tx, staff), here, tx.now)
    if seen is None:
        return
    await drop(tx, staff.id, LetterKind.TRIES, "overtaken")
    if seen is Happening.GUESSED:
        await _write(clinic, tx, staff, LetterKind.TRIES, seen, [staff.email])


async def _tries(tx: Transaction, staff: Staff) -> list[Try]:
    """To sign in as them lately, in order."""
    query = select(AuditEntry).where(
        AuditEntry.object_id == str(staff.id),
        AuditEntry.action.in_(["session.begin", "session.refuse"]),
        AuditEntry.at > tx.now - LATELY,
    )
    rows = (await tx.session.scalars(query.order_by(AuditEntry.seq))).all()
    return [Try(row.at, row.outcome == Outcome.DONE, row.reason, row.address) for row in rows]


async def _write(
    clinic: Clinic,
    tx: Transaction,
    staff: Staff,
    kind: LetterKind,
    what: Happening,
    addresses: Iterable[Private | None],
    at: datetime | None = None,
) -> None:
    workspace = (await tx.session.scalars(select(Workspace))).one()
    values = {
        "clinic": workspace.title,
        "time": shown_time(tx.now, workspace.time_zone),
        "place": tx.origin.address or "",
        "what": sentence(what, None),
    }
    subject, until = (ActorKind.STAFF, staff.id), tx.now + OF_USE
    for address in addresses:
        if address is not None:
            letter = Letter(kind, address, subject, until, None, values)
            with suppress(Refusal):
                await post(clinic, tx, workspace.id, letter, is_asked=False, at=at)
