"""SQLite in a thread beside the loop, one turn of it for a statement.

The driver as it is takes four turns: for a cursor, the statement, its rows, and the cursor's end.
Each turn hands over the interpreter's lock, and meanwhile nobody else can write: with sixteen
clients that was a third of all the time, and most of what they waited for.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)


class Statement:
    """A cursor whose rows are there when it has been executed."""

    arraysize = 1

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> None:
        await self._run(partial(_execute, self._connection, operation, parameters))

    async def executemany(self, operation: str, parameters: Iterable[Sequence[Any]]) -> None:
        await self._run(partial(_execute_many, self._connection, operation, parameters))

    async def fetchall(self) -> Sequence[Any]:
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        """Done already."""

    async def _run(self, function: Any) -> None:
        cursor, self._rows = await self._connection._execute(function)  # type: ignore[no-untyped-call]
        self.description = cursor.description
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid


def _execute(
    connection: aiosqlite.Connection, operation: str, parameters: Sequence[Any]
) -> tuple[sqlite3.Cursor, Sequence[Any]]:
    cursor = connection._conn.execute(operation, parameters)
    rows = cursor.fetchall() if cursor.description else ()
    return cursor, rows


def _execute_many(
    connection: aiosqlite.Connection, operation: str, parameters: Iterable[Sequence[Any]]
) -> tuple[sqlite3.Cursor, Sequence[Any]]:
    return connection._conn.executemany(operation, parameters), ()


class Cursor(AsyncAdapt_aiosqlite_cursor):
    __slots__ = ()

    def _make_new_cursor(self, connection: Any) -> Any:
        return Statement(connection)

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor


class Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()

    _cursor_cls = Cursor


class Driver(AsyncAdapt_aiosqlite_dbapi):
    """In place of the module `aiosqlite` (`module` of SQLAlchemy's `create_engine`)."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arguments: Any, **options: Any) -> Connection:
        return Connection(self, super().connect(*arguments, **options)._connection)
