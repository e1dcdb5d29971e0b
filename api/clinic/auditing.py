"""Read, check, hand out and cut the logs of a workspace."""

import json
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.clinic.caller import Visit
from api.clinic.clinic import Clinic
from api.rules.auditing import Act, Log
from api.rules.chain import Mark
from api.store.ledger import Report, read
from api.store.models import Head, Workspace
from api.store.models.audit import LOGS, Chained
from api.store.store import Transaction


async def list_entries(visit: Visit, log: Log, after: int, limit: int) -> list[Chained]:
    table: type[Chained] = LOGS[log]
    query = select(table).where(table.seq > after).order_by(table.seq).limit(limit)
    found = list((await visit.tx.session.scalars(query)).all())
    visit.tx.tell(Act("audit.view", detail={"log": log.value, "after": after}))
    return found


async def verify(tx: Transaction, clinic: Clinic, workspace: UUID, log: Log,
                 kept: Iterable[Mark] = ()) -> Report:  # fmt: skip
    return await clinic.store.ledger.verify(tx.session, workspace, log, kept)


async def export(tx: Transaction, log: Log) -> AsyncIterator[bytes]:
    """Lines of JSON: every entry with its hash, then the signed head, so that whoever gets it can
    check the chain without us."""
    head = await tx.session.scalar(select(Head).where(Head.log == log.value))
    end: dict[str, Any] = {"log": log.value, "head": None}
    if head is not None:
        end["head"] = {"seq": head.seq, "hash": head.hash.hex(), "signature": head.signature}
    async for row in read(tx.session, log):
        yield line(as_json(row))
    yield line(end)


def as_json(row: Chained) -> dict[str, Any]:
    entry = row.entry()
    return {
        "seq": entry.seq,
        **entry.content,
        "previous": entry.previous.hex(),
        "hash": entry.hash.hex(),
    }


def line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True).encode() + b"\n"


async def retain(clinic: Clinic, workspace: UUID) -> int:
    """Cut off what is older than the workspace keeps its logs; how many entries."""
    gone = 0
    async with clinic.store.writing(workspace) as tx:
        row = (await tx.session.scalars(select(Workspace))).one()
        if row.audit_days is None:
            return 0
        before = tx.now - timedelta(days=row.audit_days)
        for log in Log:
            count = await clinic.store.ledger.cut(tx.session, workspace, tx.now, log, before)
            if count:
                tx.tell(Act("audit.cut", detail={"log": log.value, "entries": count}))
            gone += count
    return gone
