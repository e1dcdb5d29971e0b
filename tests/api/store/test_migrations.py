"""The tables' history: it leads up from every earlier step, and to what the models say."""

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from api.store import migrate as migrating
from api.store.engine import WRITES, make_engine
from api.store.errors import WrongSchema
from api.store.migrate import check_schema, migrate, revision
from api.store.migrations import HEAD
from api.store.models import Base
from tests.api.conftest import Database
from tests.api.store.filling import enter, fill, reflect

pytestmark = pytest.mark.anyio


def history() -> list[str]:
    """All revisions, the first one first."""
    config = Config()
    folder = migrating.__file__.removesuffix("migrate.py") + "migrations"
    config.set_main_option("script_location", folder)
    script = ScriptDirectory.from_config(config)
    return [step.revision for step in script.walk_revisions()][::-1]


def test_the_last_step_is_the_program_s() -> None:
    assert history()[-1] == HEAD


@pytest.mark.parametrize("start", history())
async def test_rows_of_every_revision_come_through(empty_database: Database, start: str) -> None:
    here, there = uuid4(), uuid4()
    engine = make_engine(empty_database.owner)
    await migrate(engine, empty_database.app_role, start)
    writing = engine.execution_options(**{WRITES: True})
    async with writing.begin() as connection:
        before = [await connection.run_sync(fill, id) for id in (here, there)]

    await migrate(engine, empty_database.app_role)

    def read(connection: Connection) -> dict[str, int]:
        enter(connection, here)
        tables = [t for t in reflect(connection) if t.name in before[0]]
        return {t.name: len(connection.execute(sa.select(t)).all()) for t in tables}

    async with engine.begin() as connection:
        after = await connection.run_sync(read)
    assert await revision(engine) == HEAD
    await engine.dispose()
    alone = 1 if not empty_database.is_sqlite else 2
    assert after == dict.fromkeys(before[0], alone)


async def test_the_models_are_what_the_history_leads_to(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    engine = make_engine(database.owner)
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()

    assert found == []


async def test_tables_of_another_version_are_told(empty_database: Database) -> None:
    engine = make_engine(empty_database.owner)
    with pytest.raises(WrongSchema, match="housecall migrate"):
        await check_schema(engine)

    await migrate(engine, empty_database.app_role)
    await check_schema(engine)
    async with engine.execution_options(**{WRITES: True}).begin() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(WrongSchema, match="later version"):
        await check_schema(engine)
    await engine.dispose()


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    engine = make_engine(database.owner)
    await migrate(engine, database.app_role)
    await check_schema(engine)
    await engine.dispose()
