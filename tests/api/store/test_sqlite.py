"""A statement costs SQLite's thread one turn: while it turns, nobody else can write."""

from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from api.store.engine import WRITES, make_engine, sqlite_url

pytestmark = pytest.mark.anyio


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What SQLite's threads were asked for."""
    asked: list[Any] = []
    ask = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, function: Any, *args: Any, **more: Any) -> Any:
        asked.append(function)
        return await ask(self, function, *args, **more)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    return asked


async def test_a_statement_and_its_rows_are_one_turn(tmp_path: Path, turns: list[Any]) -> None:
    engine = make_engine(sqlite_url(tmp_path / "a.db"))
    async with engine.execution_options(**{WRITES: True}).connect() as connection:
        await connection.execute(text("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)"))
        many = [{"b": "x"}, {"b": "y"}]
        done = await connection.execute(text("INSERT INTO t (b) VALUES (:b)"), many)
        assert done.rowcount == 2
        before = len(turns)
        found = await connection.execute(text("SELECT a, b FROM t WHERE a > :a"), {"a": 0})
        rows = found.all()
        assert len(turns) == before + 1
        changed = await connection.execute(text("UPDATE t SET b = 'z'"))
        assert len(turns) == before + 2

        assert [row._asdict() for row in rows] == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
        assert changed.rowcount == 2
        returned = await connection.execute(text("INSERT INTO t (b) VALUES ('w') RETURNING a"))
        assert returned.scalar_one() == 3
        await connection.commit()
    await engine.dispose()


async def test_what_sqlite_refuses_is_told_as_ever(tmp_path: Path) -> None:
    engine = make_engine(sqlite_url(tmp_path / "a.db"))
    async with engine.execution_options(**{WRITES: True}).connect() as connection:
        await connection.execute(text("CREATE TABLE t (a INTEGER PRIMARY KEY)"))
        await connection.execute(text("INSERT INTO t VALUES (1)"))
        with pytest.raises(IntegrityError):
            await connection.execute(text("INSERT INTO t VALUES (1)"))
        assert (await connection.execute(text("SELECT a FROM t"))).scalars().all() == [1]
    await engine.dispose()
