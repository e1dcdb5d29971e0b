"""Bring the tables to the program's version."""

from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.store.engine import WRITES
from api.store.errors import StoreError, Unavailable, WrongSchema
from api.store.migrations import HEAD
from api.store.store import explained, kind, takes_nobody

LOCK = 0x686F757365  # of PostgreSQL, so that two starts do not migrate at once


async def migrate(engine: AsyncEngine, app_role: str | None = None, target: str = HEAD) -> None:
    """All steps that are missing, together or not at all. `app_role`: who gets rights on
    PostgreSQL. Raises StoreError."""
    try:
        async with engine.execution_options(**{WRITES: True}).begin() as connection:
            await connection.run_sync(_upgrade, app_role, target)
    except OSError as error:
        raise Unavailable(f"the database does not answer: {error}") from None
    except DBAPIError as error:
        if takes_nobody(error):
            raise Unavailable(f"the database does not answer: {kind(error)}") from None
        raise StoreError(f"the tables could not be made: {error.orig}") from None


def _upgrade(connection: Connection, app_role: str | None, target: str) -> None:
    from alembic import command  # half a second: only where there is something to do
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes.update(connection=connection, app_role=app_role)
    command.upgrade(config, target)


async def revision(engine: AsyncEngine) -> str | None:
    """Of the tables; None when there are none. Raises Unavailable."""
    try:
        with explained():
            async with engine.connect() as connection:
                return await connection.run_sync(_revision)
    except OSError as error:
        raise Unavailable(f"the database does not answer: {error}") from None


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


async def check_schema(engine: AsyncEngine) -> None:
    """Raises WrongSchema, with what is to be done; Unavailable."""
    found = await revision(engine)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise WrongSchema(f"the tables are of a later version ({found}): use that one")
    raise WrongSchema("the tables are not of this version: run `housecall migrate`")


async def check_role(engine: AsyncEngine) -> None:
    """The role that the program works as must be bound by the policies. Raises StoreError."""
    if engine.dialect.name != "postgresql":
        return
    try:
        with explained():
            async with engine.connect() as connection:
                problem = (await connection.execute(text(UNBOUND))).scalar()
    except OSError as error:
        raise Unavailable(f"the database does not answer: {error}") from None
    if problem:
        raise StoreError(
            f"the database role of clinic.database {problem}, so nothing would keep workspaces "
            "apart: give it a role of its own, and the owner's to clinic.database_owner"
        )


UNBOUND = """
SELECT CASE
  WHEN rolsuper THEN 'is a superuser'
  WHEN rolbypassrls THEN 'may bypass row-level security'
  WHEN EXISTS (SELECT 1 FROM pg_class WHERE relowner = pg_roles.oid AND relname = 'workspaces')
    THEN 'owns the tables'
  END
FROM pg_roles WHERE rolname = current_user
"""
