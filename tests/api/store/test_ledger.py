"""The logs of a workspace: written with what they tell of, never changed unseen, cut openly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.datafolder import DataFolder
from api.rules.auditing import Access, Act, Actor, ActorKind, Log, Origin, Outcome
from api.rules.chain import Mark
from api.store.anchors import Anchors
from api.store.engine import WRITES, make_engine, parse_url
from api.store.errors import StoreError
from api.store.keyring import Keyring, new_key
from api.store.ledger import Ledger, Report
from api.store.models import AccessEntry, AuditEntry, Checkpoint, Head, Workspace
from api.store.store import Store
from tests.api.conftest import Clock, Database
from tests.api.store.filling import SET
from tests.harness.postgres import Postgres

pytestmark = pytest.mark.anyio

NURSE = Actor(ActorKind.STAFF, "7", "assistant")
DESK = Origin("192.0.2.7", "Firefox", "r1")


@pytest.fixture
async def here(store: Store) -> UUID:
    """A workspace."""
    id = uuid4()
    async with store.writing(id) as tx:
        tx.session.add(
            Workspace(id=id, slug="north", title="North", plan="free", created_at=tx.now)
        )
    return id


async def tell(store: Store, here: UUID, count: int = 5) -> None:
    for n in range(count):
        async with store.writing(here, NURSE, DESK) as tx:
            tx.tell(Act("patient.view", "patient", str(n), detail={"fields": ["name"]}))


async def verify(
    store: Store, here: UUID, log: Log = Log.AUDIT, kept: Sequence[Mark] = ()
) -> Report:
    async with store.reading(here) as tx:
        return await store.ledger.verify(tx.session, here, log, kept)


async def test_several_who_are_the_first_at_once_all_write(store: Store, here: UUID) -> None:
    both, arrived = asyncio.Event(), 0

    async def write() -> None:
        nonlocal arrived
        async with store.writing(here, NURSE, DESK) as tx:
            arrived += 1
            if store.is_sqlite or arrived == 3:
                both.set()
            await both.wait()
            tx.tell(Act("patient.view", "patient", "1"))

    await asyncio.gather(write(), write(), write())
    report = await verify(store, here)
    assert (report.entries, report.problems) == (3, [])


Tamper = Callable[[str], Awaitable[None]]


@pytest.fixture
async def tamper(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Tamper]:
    """Change rows as somebody could who has the whole database, its triggers put away."""
    if database.is_sqlite:
        engine = make_engine(database.url)
        tables = ("audit_log", "livekit_access_log", "audit_checkpoints")
        first = [f"DROP TRIGGER IF EXISTS {t}_{w}" for t in tables for w in ("keeps", "stays")]
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.url("postgres", str(database.url.database))
        engine = make_engine(parse_url(url))
        first = ["SET session_replication_role = replica"]

    async def run(statement: str) -> None:
        async with engine.execution_options(**{WRITES: True}).begin() as connection:
            for one in (*first, statement):
                await connection.execute(sa.text(one))

    yield run
    await engine.dispose()


async def test_entries_say_who_what_and_from_where(store: Store, here: UUID) -> None:
    await tell(store, here, 2)
    async with store.writing(here, origin=DESK) as tx:
        tx.tell(Access("visit", "patient-1", "patient", Outcome.REFUSED, "not_admitted"))
    async with store.reading(here) as tx:
        rows = (await tx.session.scalars(select(AuditEntry).order_by(AuditEntry.seq))).all()
        joins = (await tx.session.scalars(select(AccessEntry))).all()

    assert [(r.seq, r.actor_id, r.actor_role, r.object_id, r.address) for r in rows] == [
        (1, "7", "assistant", "0", "192.0.2.7"),
        (2, "7", "assistant", "1", "192.0.2.7"),
    ]
    assert [(j.seq, j.participant, j.outcome, j.reason, j.user_agent) for j in joins] == [
        (1, "patient-1", "refused", "not_admitted", "Firefox")
    ]
    assert (await verify(store, here)).problems == []
    assert await verify(store, here, Log.ACCESS) == Report(Log.ACCESS, 1, [])


async def test_an_entry_goes_with_what_it_tells_of(store: Store, here: UUID) -> None:
    async def fail(outcome: Outcome) -> None:
        async with store.writing(here) as tx:
            tx.tell(Act("staff.change", outcome=outcome))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail(Outcome.DONE)
    assert (await verify(store, here)).entries == 0

    with pytest.raises(ZeroDivisionError):
        await fail(Outcome.REFUSED)
    assert await verify(store, here) == Report(Log.AUDIT, 1, [])


async def test_entries_of_many_at_once_are_one_chain(store: Store, here: UUID) -> None:
    await tell(store, here, 1)  # the head is there
    await asyncio.gather(*(tell(store, here, 3) for _ in range(8)))

    assert await verify(store, here) == Report(Log.AUDIT, 25, [])


TABLE = "audit_log"


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (f"UPDATE {TABLE} SET actor_id = '8' WHERE seq = 3", "entry 3 has been changed"),
        (f"UPDATE {TABLE} SET detail = '{{}}' WHERE seq = 1", "entry 1 has been changed"),
        (f"DELETE FROM {TABLE} WHERE seq = 2", "entries before 3 are missing"),
        (f"DELETE FROM {TABLE} WHERE seq < 3", "entries before 3 are missing"),
        (f"DELETE FROM {TABLE} WHERE seq > 3", "entry 5, which was there, is missing"),
        (f"DELETE FROM {TABLE}", "entry 5, which was there, is missing"),
        (f"UPDATE {TABLE} SET seq = 9 WHERE seq = 2", "entries before 3 are missing"),
        ("DELETE FROM audit_heads", "the head of the log is missing"),
        ("UPDATE audit_heads SET seq = 4", "the head of the log is not signed by us"),
    ],
)
async def test_what_is_done_to_the_rows_is_found(
    store: Store, here: UUID, tamper: Tamper, statement: str, sentence: str
) -> None:
    await tell(store, here)
    async with store.reading(here) as tx:
        last = (await tx.session.scalars(select(Head.hash))).one()
    assert (await verify(store, here, kept=[Mark(5, last)])).problems == []

    await tamper(statement)

    problems = (await verify(store, here, kept=[Mark(5, last)])).problems
    assert any(sentence in problem for problem in problems)


async def test_an_end_cut_off_with_an_older_head_is_found_by_the_anchors(
    engine: AsyncEngine, clock: Clock, store: Store, here: UUID, tamper: Tamper, tmp_path: Path
) -> None:
    anchors = Anchors(DataFolder(tmp_path / "data"))
    noting = Store(engine, store.ledger, clock, anchors.note)
    await tell(noting, here, 3)
    async with store.reading(here) as tx:
        old = (await tx.session.scalars(select(Head))).one()
    await tell(noting, here, 2)
    anchors.save()

    await tamper(f"DELETE FROM {TABLE} WHERE seq > 3")
    hash, blob = old.hash.hex(), "X'{}'" if store.is_sqlite else "decode('{}', 'hex')"
    await tamper(
        f"UPDATE audit_heads SET seq = 3, hash = {blob.format(hash)}, signature = '{old.signature}'"
    )

    assert (await verify(store, here)).problems == []
    kept = Anchors(DataFolder(tmp_path / "data")).of(here, Log.AUDIT)
    assert (await verify(store, here, kept=kept)).problems == [
        "entry 5, which was there, is missing at the end"
    ]


@pytest.mark.parametrize("verb", ["UPDATE {} SET outcome = 'x'", "DELETE FROM {}"])
@pytest.mark.parametrize("log", list(Log))
async def test_the_database_itself_refuses_changes(
    store: Store, here: UUID, database: Database, log: Log, verb: str
) -> None:
    async with store.writing(here) as tx:
        tx.tell(Act("patient.view"))
        tx.tell(Access("visit", "patient-1", "patient", Outcome.DONE))
    for url in {database.url, database.owner}:
        engine = make_engine(url)
        async with engine.execution_options(**{WRITES: True}).connect() as connection:
            if not store.is_sqlite:
                await connection.execute(SET, {"tenant": str(here)})
            with pytest.raises(DBAPIError, match=r"only added|permission denied"):
                await connection.execute(sa.text(verb.format(log)))
        await engine.dispose()


async def test_old_entries_are_cut_off_and_the_rest_verifies(
    store: Store, here: UUID, clock: Clock
) -> None:
    await tell(store, here)
    clock.go(days=10)
    await tell(store, here, 2)
    async with store.writing(here) as tx:
        gone = await store.ledger.cut(
            tx.session, here, tx.now, Log.AUDIT, tx.now - timedelta(days=5)
        )
        tx.tell(Act("audit.cut"))

    assert gone == 5
    assert await verify(store, here) == Report(Log.AUDIT, 3, [])
    async with store.writing(here) as tx:
        long_ago = tx.now - timedelta(days=50)
        assert await store.ledger.cut(tx.session, here, tx.now, Log.AUDIT, long_ago) == 0


async def test_a_cut_by_somebody_else_is_found(store: Store, here: UUID, tamper: Tamper) -> None:
    await tell(store, here)
    async with store.writing(here) as tx:
        third = (await tx.session.scalars(select(AuditEntry).where(AuditEntry.seq == 3))).one()
        tx.session.add(
            Checkpoint(
                log="audit_log", seq=3, hash=third.hash, cut_at=tx.now, signature="test:" + "0" * 64
            )
        )
    await tamper(f"DELETE FROM {TABLE} WHERE seq <= 3")

    assert (await verify(store, here)).problems == [
        "the log was cut off before entry 4, but not by us"
    ]


async def test_a_log_of_another_key_is_not_ours(store: Store, here: UUID) -> None:
    await tell(store, here)
    async with store.reading(here) as tx:
        report = await Ledger(Keyring.parse({"other": new_key()})).verify(
            tx.session, here, Log.AUDIT
        )

    assert report.problems == ["the head of the log is not signed by us"]


def test_anchors_that_are_damaged_are_told(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    for content in (b"nothing", b"[]", b'{"a": 1}', b'{"a": ["x", "y"]}'):
        folder.write("audit-anchors.json", content)
        with pytest.raises(StoreError, match="damaged"):
            Anchors(folder)


async def test_anchors_are_written_while_the_logs_grow(tmp_path: Path) -> None:
    folder, here = DataFolder(tmp_path), uuid4()
    anchors = Anchors(folder)
    keeping = asyncio.create_task(anchors.keep())
    await asyncio.sleep(0)
    anchors.note(here, {Log.AUDIT: Mark(3, b"abc")})
    anchors.note(here, {Log.AUDIT: Mark(2, b"old")})
    await asyncio.sleep(0)
    keeping.cancel()

    assert Anchors(folder).of(here, Log.AUDIT) == [Mark(3, b"abc")]
