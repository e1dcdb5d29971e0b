"""Connections to either database, set up as the rest relies on."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from api.store.errors import StoreError
from api.store.sqlite import Driver

DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
CONNECT, COMMAND = 5.0, 20.0  # seconds
BUSY = 5000  # ms that SQLite waits for a writer in another process
WRITES = "housecall_writes"  # option of an engine whose transactions write

PRAGMAS = (
    "journal_mode=WAL",  # readers and the writer do not wait for each other
    "synchronous=FULL",  # what was committed survives a power cut too
    "foreign_keys=ON",
    f"busy_timeout={BUSY}",
    "trusted_schema=OFF",
)


def parse_url(text: str) -> URL:
    """Of a database that we know. Raises StoreError, whose text has no password."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise StoreError("the address of the database cannot be read") from None
    driver = DRIVERS.get(url.drivername.partition("+")[0])
    if driver is None:
        raise StoreError(f"{url.drivername} is no database that we know: sqlite or postgresql")
    return url.set(drivername=driver)


def sqlite_url(path: Path) -> URL:
    return URL.create(DRIVERS["sqlite"], database=str(path))


def make_engine(url: URL) -> AsyncEngine:
    """Connects to nothing yet. No error of it prints what was in a row."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    return create_async_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,  # a restarted server is noticed before a request is lost
        pool_size=10,
        max_overflow=10,
        pool_timeout=CONNECT,
        connect_args={"timeout": CONNECT, "command_timeout": COMMAND},
    )


def _sqlite(url: URL) -> AsyncEngine:
    if url.database:
        _make_private(Path(url.database))
    engine = create_async_engine(url, hide_parameters=True, module=Driver())

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        connection.create_function("lower", 1, lower, deterministic=True)
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # Who reads first and writes later would fail when somebody else has written between.
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def lower(value: object) -> object:
    """As PostgreSQL has it: SQLite's own knows the letters of ASCII alone."""
    return value.lower() if isinstance(value, str) else value


def _make_private(path: Path) -> None:
    """For its owner alone; SQLite gives the files beside it the same mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(f"the database {path} cannot be opened: {error}") from None
