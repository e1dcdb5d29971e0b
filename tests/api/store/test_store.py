"""Transactions on both databases."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from api.store.engine import make_engine, parse_url, sqlite_url
from api.store.errors import Conflict, StoreError, Unavailable
from api.store.ledger import Ledger
from api.store.migrate import migrate
from api.store.models import Workspace
from api.store.store import Store, undisturbed
from tests.api.conftest import NOON, RING, Clock

pytestmark = pytest.mark.anyio


def workspace(slug: str) -> Workspace:
    return Workspace(id=uuid4(), slug=slug, title=slug, plan="free", created_at=NOON)


async def test_what_fails_leaves_nothing(store: Store) -> None:
    row = workspace("north")

    async def fail() -> None:
        async with store.writing(row.id) as tx:
            tx.session.add(row)
            await tx.session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with store.reading(row.id) as tx:
        assert await tx.session.get(Workspace, row.id) is None


async def test_what_is_taken_is_a_conflict_that_tells_no_value(store: Store) -> None:
    first, second = workspace("north"), workspace("north")
    async with store.writing(first.id) as tx:
        tx.session.add(first)

    with pytest.raises(Conflict) as caught:
        async with store.writing(second.id) as tx:
            tx.session.add(second)
    assert "north" not in str(caught.value)


async def test_writers_lose_no_update(store: Store) -> None:
    row = workspace("north")
    row.title = "0"
    async with store.writing(row.id) as tx:
        tx.session.add(row)

    async def count() -> None:
        async with store.writing(row.id) as tx:
            found = (await tx.session.scalars(select(Workspace).with_for_update())).one()
            found.title = str(int(found.title) + 1)

    await asyncio.gather(*(count() for _ in range(30)))
    async with store.reading(row.id) as tx:
        assert (await tx.session.scalars(select(Workspace.title))).one() == "30"


async def test_times_come_back_in_utc(store: Store) -> None:
    row = workspace("north")
    async with store.writing(row.id) as tx:
        tx.session.add(row)
    async with store.reading(row.id) as tx:
        (found,) = (await tx.session.scalars(select(Workspace.created_at))).all()

    assert found == NOON
    assert found.utcoffset() is not None


async def test_ids_sort_by_their_time(store: Store, clock: Clock) -> None:
    ids = []
    for _ in range(3):
        async with store.reading(uuid4()) as tx:
            ids.append(tx.new_id())
        clock.go(seconds=1)

    assert ids == sorted(ids)
    assert {i.version for i in ids} == {7}


async def test_sqlite_is_as_the_rest_relies_on(tmp_path: Path) -> None:
    engine = make_engine(sqlite_url(tmp_path / "housecall.db"))
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    async with engine.connect() as connection:
        found = {
            name: (await connection.execute(text(f"PRAGMA {name}"))).scalar() for name in expected
        }
        await connection.execute(text("CREATE TABLE one (n INTEGER)"))
        modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    await engine.dispose()

    assert found == expected
    assert modes == {0o600}


async def test_a_database_that_is_not_there_is_unavailable(clock: Clock) -> None:
    engine = make_engine(parse_url("postgresql://nobody@127.0.0.1:1/none"))

    with pytest.raises(Unavailable):
        async with Store(engine, Ledger(RING), clock).reading(uuid4()):
            raise AssertionError("there is no such database")


@pytest.mark.parametrize(
    "state",
    ["57P01", "57P03", "53300"],
    ids=["ended by its operator", "starting or stopping", "too many connections"],
)
async def test_a_database_that_takes_nobody_now_is_unavailable(clock: Clock, state: str) -> None:
    """PostgreSQL's errors, by its protocol: 'E', length, fields that end with a zero byte."""
    fields = b"SFATAL\0C%b\0Mnot now\0\0" % state.encode()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)  # whether it speaks TLS: it does not
        writer.write(b"N")
        await reader.read(4096)
        writer.write(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    engine = make_engine(parse_url(f"postgresql://nobody:x@127.0.0.1:{port}/none"))
    async with server:
        with pytest.raises(Unavailable):
            async with Store(engine, Ledger(RING), clock).reading(uuid4()):
                raise AssertionError("it let somebody in")
        with pytest.raises(Unavailable):
            await migrate(engine)


async def test_a_statement_that_takes_too_long_is_a_database_that_is_away(store: Store) -> None:
    with pytest.raises(Unavailable):
        async with store.reading(uuid4()):
            raise TimeoutError  # as asyncpg does


def test_an_address_that_is_none_is_told_without_its_password() -> None:
    for address in ("mysql://me:hunter2@host/x", "hunter2"):
        with pytest.raises(StoreError) as caught:
            parse_url(address)
        assert "hunter2" not in str(caught.value)


async def test_who_is_cancelled_leaves_no_lock_behind(store: Store) -> None:
    row = workspace("north")
    async with store.writing(row.id) as tx:
        tx.session.add(row)
    done = 0

    async def count() -> None:
        nonlocal done
        async with store.writing(row.id) as tx:
            found = (await tx.session.scalars(select(Workspace))).one()
            found.title = f"{found.title}+"
        done += 1

    for turns in range(1, 41):
        task = asyncio.create_task(undisturbed(count()))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with store.reading(row.id) as tx:
        title = (await tx.session.scalars(select(Workspace.title))).one()

    assert title.count("+") == done > 30
