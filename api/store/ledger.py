"""Write the two logs of a workspace, check them, and cut off what is old enough.

Entries are written with what they tell of, at the end of its transaction: the head's row, which
all of them change, is then locked for the shortest time, and always last.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from api.rules.auditing import Access, Act, Actor, Log, Origin
from api.rules.chain import Mark, Walk, append, origin
from api.store.keyring import Keyring
from api.store.models.audit import LOGS, AccessEntry, AuditEntry, Chained, Checkpoint, Head

PAGE = 1000  # entries read at once
CUT = text("SELECT housecall_cut(:log, :seq)")


@dataclass(frozen=True, slots=True)
class Told:
    """What a transaction has to tell, and of whom."""

    what: Act | Access
    actor: Actor
    origin: Origin
    at: datetime | None = None  # None: when it is written

    @property
    def log(self) -> Log:
        return Log.AUDIT if isinstance(self.what, Act) else Log.ACCESS


@dataclass(frozen=True, slots=True)
class Report:
    """What looking at a log has brought."""

    log: Log
    entries: int
    problems: list[str]


class Ledger:
    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def write(
        self, session: AsyncSession, tenant: UUID, now: datetime, told: Iterable[Told]
    ) -> dict[Log, Mark]:
        """The new heads of the logs that have grown."""
        heads: dict[Log, Mark] = {}
        by_log: dict[Log, list[Told]] = {log: [] for log in Log}
        for one in told:
            by_log[one.log].append(one)
        for log, entries in by_log.items():
            if entries:
                heads[log] = await self._extend(session, tenant, now, log, entries)
        return heads

    async def _extend(
        self, session: AsyncSession, tenant: UUID, now: datetime, log: Log, told: Sequence[Told]
    ) -> Mark:
        head = await self._lock_head(session, tenant, log) or await self._begin(
            session, tenant, log
        )
        for one in told:
            row = make_row(one)
            row.workspace_id, row.at = tenant, one.at or now
            row.seq, row.previous = head.seq + 1, head.hash
            row.hash = b""
            row.hash = append(head.mark, row.entry().content).hash
            session.add(row)
            head.seq, head.hash = row.seq, row.hash
        head.signature = self._keyring.sign(_statement("head", tenant, log, head.mark))
        await session.flush()
        return head.mark

    async def _lock_head(self, session: AsyncSession, tenant: UUID, log: Log) -> Head | None:
        head: Head | None = await session.get(
            Head, (tenant, log.value), with_for_update=True, populate_existing=True
        )
        return head

    async def _begin(self, session: AsyncSession, tenant: UUID, log: Log) -> Head:
        """Of two who are the first at once one waits here for the other."""
        await session.flush()  # the workspace may be as new
        connection = await session.connection()
        values = {
            "workspace_id": tenant, "log": log.value, "seq": 0,
            "hash": origin(log, str(tenant)).hash, "signature": "",
        }  # fmt: skip
        if connection.dialect.name == "sqlite":
            await connection.execute(sqlite.insert(Head).values(values).on_conflict_do_nothing())
        else:
            insert = postgresql.insert(Head).values(values)
            await connection.execute(insert.on_conflict_do_nothing())
        head = await self._lock_head(session, tenant, log)
        assert head is not None
        return head

    async def verify(
        self, session: AsyncSession, tenant: UUID, log: Log, kept: Iterable[Mark] = ()
    ) -> Report:
        """`kept`: marks that were noted elsewhere."""
        problems: list[str] = []
        marks = list(kept)
        head = await session.get(Head, (tenant, log.value))
        if head is not None:
            marks.append(head.mark)
            if not self._is_signed("head", tenant, log, head.mark, head.signature):
                problems.append("the head of the log is not signed by us")
        elif marks:
            problems.append("the head of the log is missing")
        walk = Walk(await self._start(session, tenant, log, problems), marks)
        count = 0
        async for row in read(session, log):
            walk.feed(row.entry())
            count += 1
        return Report(log, count, problems + [str(finding) for finding in walk.finish()])

    async def _start(
        self, session: AsyncSession, tenant: UUID, log: Log, problems: list[str]
    ) -> Mark:
        newest = await newest_checkpoint(session, log)
        if newest is None:
            return origin(log, str(tenant))
        if not self._is_signed("cut", tenant, log, newest.mark, newest.signature):
            problems.append(f"the log was cut off before entry {newest.seq + 1}, but not by us")
        return newest.mark

    async def cut(
        self, session: AsyncSession, tenant: UUID, now: datetime, log: Log, before: datetime
    ) -> int:
        """Remove the entries at the beginning that are older than `before`; how many."""
        table: type[Chained] = LOGS[log]
        first = await session.scalar(select(func.min(table.seq)).where(table.at >= before))
        last = await session.get(Head, (tenant, log.value))
        until = (first or (last.seq + 1 if last else 1)) - 1
        row: Chained | None = await session.scalar(select(table).where(table.seq == until))
        if row is None:
            return 0
        mark = Mark(row.seq, row.hash)
        signature = self._keyring.sign(_statement("cut", tenant, log, mark))
        session.add(
            Checkpoint(log=log.value, seq=mark.seq, hash=mark.hash, cut_at=now, signature=signature)
        )
        await session.flush()
        connection = await session.connection()
        if connection.dialect.name == "postgresql":
            values = {"log": log.value, "seq": mark.seq}
            return int((await connection.execute(CUT, values)).scalar_one())
        done = await session.execute(delete(table).where(table.seq <= mark.seq))
        return int(done.rowcount)  # type: ignore[attr-defined]

    def sign_anew(self, head: Head) -> None:
        """With the newest key, unless it was changed by somebody else."""
        log = Log(head.log)
        if self._is_signed("head", head.workspace_id, log, head.mark, head.signature):
            statement = _statement("head", head.workspace_id, log, head.mark)
            head.signature = self._keyring.sign(statement)

    def _is_signed(self, kind: str, tenant: UUID, log: Log, mark: Mark, signature: str) -> bool:
        return self._keyring.is_signed(_statement(kind, tenant, log, mark), signature)


def make_row(told: Told) -> AuditEntry | AccessEntry:
    what, source = told.what, told.origin
    if isinstance(what, Access):
        return AccessEntry(
            room=what.room,
            participant=what.participant,
            role=what.role,
            outcome=what.outcome.value,
            reason=what.reason,
            meeting_id=what.meeting_id,
            address=source.address,
            user_agent=source.user_agent,
        )
    return AuditEntry(
        actor_kind=told.actor.kind.value,
        actor_id=told.actor.id,
        actor_role=told.actor.role,
        action=what.action,
        object_kind=what.object_kind,
        object_id=what.object_id,
        outcome=what.outcome.value,
        reason=what.reason,
        address=source.address,
        user_agent=source.user_agent,
        request_id=source.request_id,
        detail=dict(what.detail),
    )


async def newest_checkpoint(session: AsyncSession, log: Log) -> Checkpoint | None:
    query = select(Checkpoint).where(Checkpoint.log == log.value)
    found: Checkpoint | None = await session.scalar(query.order_by(Checkpoint.seq.desc()).limit(1))
    return found


async def read(session: AsyncSession, log: Log, after: int = 0) -> AsyncIterator[Chained]:
    """A log's entries in their order, a page at a time."""
    table: type[Chained] = LOGS[log]
    while True:
        page = await session.scalars(
            select(table).where(table.seq > after).order_by(table.seq).limit(PAGE)
        )
        rows: Sequence[Chained] = page.all()
        for row in rows:
            yield row
        session.expunge_all()
        if len(rows) < PAGE:
            return
        after = rows[-1].seq


def _statement(kind: str, tenant: UUID, log: Log, mark: Mark) -> bytes:
    return f"{kind} of {log} of {tenant}: {mark.seq} {mark.hash.hex()}".encode()
