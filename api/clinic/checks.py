"""Keep what the server finds when it looks at itself, and write to whoever administers it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, delete, func, select

from api.clinic.clinic import Clinic
from api.clinic.errors import Refusal
from api.clinic.letters import Letter, shown_time
from api.clinic.outbox import post
from api.rules import checking
from api.rules.auditing import ActorKind
from api.rules.checking import Found, Part, Reason
from api.rules.private import Private
from api.rules.roles import Role
from api.rules.wording import LetterKind
from api.store.models import Check, Incident, Staff, Workspace
from api.store.store import Transaction

OF_USE = timedelta(days=1)  # that a letter is tried to be sent
SHOWN = timedelta(days=1)  # of which the share is told that a part was well
KEPT_INCIDENTS = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Look:
    """All that was found at one time."""

    at: datetime
    found: Sequence[Found]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom letters about the server are for."""

    subject: tuple[ActorKind, UUID]
    address: Private


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database says of one server."""

    workspace: Workspace
    readers: Sequence[Reader]
    shares: Mapping[Part, float]  # of looks that found a part well


async def recall(clinic: Clinic, node: str) -> dict[Part, checking.Incident]:
    """The incidents that were open when the server ended. Raises Unavailable."""
    workspace = await oldest(clinic)
    if workspace is None:
        return {}
    async with clinic.store.reading(workspace.id) as tx:
        query = select(Incident).where(Incident.node == node, Incident.ended_at.is_(None))
        rows = (await tx.session.scalars(query.order_by(Incident.begun_at))).all()
    return {Part(row.part): _read(row) for row in rows}


async def keep(
    clinic: Clinic,
    node: str,
    looks: Iterable[Look],
    incidents: Iterable[checking.Incident],
    address: str,
    kept_for: timedelta,
) -> tuple[Kept, list[checking.Incident]] | None:
    """Write all of it, with the letters that are due; None where no workspace is yet. `address`:
    whom to write to; empty: the owners. Raises Unavailable."""
    workspace = await oldest(clinic)
    if workspace is None:
        return None
    async with clinic.store.writing(workspace.id) as tx:
        for look in looks:
            tx.session.add_all(_row(tx, node, look.at, one) for one in look.found)
        readers = await _readers(tx, workspace, address)
        saved = [await _save(clinic, tx, workspace, readers, node, one) for one in incidents]
        await _forget(tx, node, kept_for)
        await tx.session.flush()
        return Kept(workspace, readers, await _shares(tx, node)), saved


async def read_back(clinic: Clinic, workspace: UUID, node: str, at: datetime) -> int:
    """How many rows there are of a look. Raises Unavailable."""
    async with clinic.store.reading(workspace) as tx:
        query = select(func.count(Check.id)).where(Check.node == node, Check.at == at)
        return await tx.session.scalar(query) or 0


async def oldest(clinic: Clinic) -> Workspace | None:
    """The operator's own. Raises Unavailable."""
    return next(iter(await clinic.workspaces()), None)


def letter_of(
    incident: checking.Incident, reader: Reader, workspace: Workspace, node: str, page: str,
    now: datetime,
) -> Letter:  # fmt: skip
    """That it has begun, or that it has ended."""
    ended = incident.ended_at is not None
    at = incident.well_at if ended and incident.well_at is not None else incident.begun_at
    values = {
        "time": shown_time(at, workspace.time_zone),
        "what": incident.sentence,
        "place": f"{incident.part.value} {incident.place}".strip(),
        "node": node,
        "link": f"{re.sub(r'/*$', '', page)}/status",
    }
    kind = LetterKind.WELL if ended else LetterKind.TROUBLE
    return Letter(kind, reader.address, reader.subject, now + OF_USE, None, values)


def is_due(incident: checking.Incident) -> bool:
    """Whether somebody is to be written to."""
    if incident.ended_at is not None:
        return incident.is_told and not incident.is_end_told
    return not incident.is_told


def told(incident: checking.Incident) -> checking.Incident:
    if incident.ended_at is not None:
        return replace(incident, is_end_told=True)
    return replace(incident, is_told=True)


def _row(tx: Transaction, node: str, at: datetime, found: Found) -> Check:
    return Check(
        id=tx.new_id(),
        node=node,
        at=at,
        part=found.part.value,
        place=found.place or None,
        reason=found.reason.value if found.reason is not None else None,
        milliseconds=round(found.seconds * 1000),
    )


async def _save(
    clinic: Clinic,
    tx: Transaction,
    workspace: Workspace,
    readers: Sequence[Reader],
    node: str,
    incident: checking.Incident,
) -> checking.Incident:
    if is_due(incident) and readers and clinic.mail.sender is not None:
        for reader in readers:
            letter = letter_of(incident, reader, workspace, node, clinic.mail.page, tx.now)
            with suppress(Refusal):  # an address that no mail can be sent to
                await post(clinic, tx, workspace.id, letter, is_asked=False)
        incident = told(incident)
    row = await tx.session.scalar(select(Incident).where(Incident.id == incident.id))
    if row is None:
        row = Incident(id=incident.id, node=node, part=incident.part.value)
        row.begun_at = incident.begun_at
        tx.session.add(row)
    row.place, row.reason = incident.place or None, incident.reason.value
    row.well_at, row.ended_at = incident.well_at, incident.ended_at
    row.told, row.end_told = incident.is_told, incident.is_end_told
    return incident


def _read(row: Incident) -> checking.Incident:
    return checking.Incident(
        row.id, Part(row.part), Reason(row.reason), row.place or "", row.begun_at, row.well_at,
        row.ended_at, row.told, row.end_told,
    )  # fmt: skip


async def _readers(tx: Transaction, workspace: Workspace, address: str) -> list[Reader]:
    if address:
        return [Reader((ActorKind.SYSTEM, workspace.id), Private(address))]
    query = select(Staff).where(Staff.role == Role.OWNER.value, Staff.disabled_at.is_(None))
    return [
        Reader((ActorKind.STAFF, owner.id), owner.email)
        for owner in await tx.session.scalars(query)
        if owner.email is not None
    ]


async def _forget(tx: Transaction, node: str, kept_for: timedelta) -> None:
    """What is too old, whichever server it is of."""
    await tx.session.execute(delete(Check).where(Check.at < tx.now - kept_for))
    old = tx.now - max(kept_for, KEPT_INCIDENTS)
    await tx.session.execute(delete(Incident).where(Incident.ended_at < old))


async def _shares(tx: Transaction, node: str) -> dict[Part, float]:
    well = func.sum(case((Check.reason.is_(None), 1), else_=0))
    rows = await tx.session.execute(
        select(Check.part, func.count(Check.id), well)
        .where(Check.node == node, Check.at > tx.now - SHOWN)
        .group_by(Check.part)
    )
    return {Part(part): int(good) / count for part, count, good in rows}
