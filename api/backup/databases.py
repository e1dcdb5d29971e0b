"""The clinic's database as a file: what there is, and a copy of it while a server writes."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy.engine import URL

from api.backup import postgres
from api.backup.errors import BackupError
from api.settings import Settings
from api.store.engine import parse_url

NAME = "housecall.db"
BUSY = 30.0  # seconds that SQLite waits for a writer


class Kind(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    NONE = "none"


NAMES = {Kind.SQLITE: "SQLite", Kind.POSTGRESQL: "PostgreSQL", Kind.NONE: "no database"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the database is."""

    kind: Kind
    path: Path | None = None  # SQLite
    url: URL | None = None  # PostgreSQL: of the role that reads all, or makes the tables


def find(settings: Settings) -> Place:
    """Whether there is one in it already does not matter. Raises StoreError."""
    if not settings.clinic.database:
        return Place(Kind.SQLITE, settings.data / NAME)
    url = parse_url(settings.clinic.database)
    if url.get_backend_name() == "sqlite":
        return Place(Kind.SQLITE, Path(url.database or NAME))
    return Place(Kind.POSTGRESQL)


def copy(place: Place, settings: Settings, path: Path) -> None:
    """To a new file for its owner alone. Raises BackupError, StoreError."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if place.kind is Kind.POSTGRESQL:
        if not settings.clinic.database_backup:
            raise BackupError(
                "clinic.database_backup is missing: a role that may read the rows of all "
                "workspaces, which neither the program's role nor the owner's can"
            )
        postgres.dump(parse_url(settings.clinic.database_backup), path)
    else:
        assert place.path is not None
        copy_sqlite(place.path, path)


def copy_sqlite(source: Path, target: Path) -> None:
    """One state of it, by the online backup API: readers and writers go on meanwhile."""
    try:
        with (
            closing(sqlite3.connect(source, timeout=BUSY)) as live,
            closing(sqlite3.connect(target)) as copied,
        ):
            live.backup(copied)  # at once: in pieces it would begin anew with each write
            copied.execute("PRAGMA journal_mode=DELETE")  # one file
        check_sqlite(target)
    except sqlite3.Error as error:
        raise BackupError(f"the database {source} cannot be copied: {error}") from None


def check_sqlite(path: Path) -> None:
    """Raises BackupError when SQLite finds it damaged."""
    try:
        with closing(sqlite3.connect(path)) as database:
            (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        raise BackupError("the database is damaged: SQLite's integrity_check finds faults in it")


def revision_of(path: Path) -> str | None:
    """Of the tables in a file of SQLite."""
    with closing(sqlite3.connect(path)) as database:
        known = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
        if known.fetchone() is None:
            return None
        found = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if found is None else str(found[0])
