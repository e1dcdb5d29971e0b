"""PostgreSQL keeps workspaces apart by itself: as the program's role, by raw SQL."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.store.engine import make_engine, parse_url
from api.store.errors import StoreError
from api.store.migrate import check_role
from api.store.models import Base
from tests.api.conftest import Database, on
from tests.api.store.filling import SET, fill
from tests.harness.postgres import Postgres

pytestmark = pytest.mark.anyio

TABLES = sorted(Base.metadata.tables)


@dataclass
class Filled:
    engine: AsyncEngine
    here: UUID = field(default_factory=uuid4)
    there: UUID = field(default_factory=uuid4)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)  # of the other workspace


@pytest.fixture
def postgres_database(postgres: Postgres, postgres_template: str) -> Iterator[Database]:
    name = postgres.create(postgres_template)
    yield on(postgres, name)
    postgres.drop(name)


@pytest.fixture
async def filled(postgres_database: Database) -> AsyncIterator[Filled]:
    engine = make_engine(postgres_database.url)
    filled = Filled(engine)
    async with engine.begin() as connection:
        await connection.run_sync(fill, filled.here)
        filled.rows = await connection.run_sync(fill, filled.there)
    yield filled
    await engine.dispose()


def column(table: str) -> str:
    return "id" if table == "workspaces" else "workspace_id"


async def test_a_workspace_sees_its_own_rows_alone(filled: Filled) -> None:
    async with filled.engine.begin() as connection:
        await connection.execute(SET, {"tenant": str(filled.here)})
        for table in TABLES:
            seen = await connection.scalars(sa.text(f"SELECT {column(table)} FROM {table}"))
            assert set(seen.all()) == {filled.here}, table


@pytest.mark.parametrize("tenant", [None, "", "directory", "nobody"])
async def test_without_a_workspace_nothing_is_seen(filled: Filled, tenant: str | None) -> None:
    async with filled.engine.begin() as connection:
        if tenant is not None:
            await connection.execute(SET, {"tenant": tenant})
        for table in TABLES:
            count = (await connection.execute(sa.text(f"SELECT count(*) FROM {table}"))).scalar()
            listed = tenant == "directory" and table == "workspaces"
            assert count == (2 if listed else 0), table


async def test_a_workspace_is_left_behind_with_its_transaction(filled: Filled) -> None:
    async with filled.engine.connect() as connection:
        async with connection.begin():
            await connection.execute(SET, {"tenant": str(filled.here)})
        async with connection.begin():
            found = await connection.execute(sa.text("SELECT count(*) FROM workspaces"))
            assert found.scalar() == 0


@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
async def test_rows_of_another_workspace_are_not_changed(filled: Filled, verb: str) -> None:
    for table in TABLES:
        key = column(table)
        what = f"UPDATE {table} SET {key} = {key}" if verb == "UPDATE" else f"DELETE FROM {table}"
        async with filled.engine.connect() as connection:
            await connection.execute(SET, {"tenant": str(filled.here)})
            right = await connection.execute(
                sa.text(f"SELECT has_table_privilege('{table}', '{verb}')")
            )
            if right.scalar():  # what is never changed is refused altogether
                statement = sa.text(f"{what} WHERE {key} = :there")
                done = await connection.execute(statement, {"there": filled.there})
                assert done.rowcount == 0, table


async def test_no_row_is_added_to_another_workspace(filled: Filled) -> None:
    metadata = sa.MetaData()
    async with filled.engine.connect() as connection:
        await connection.run_sync(metadata.reflect)
    for table in TABLES:
        row = {**filled.rows[table], column(table): filled.there}
        async with filled.engine.connect() as connection:
            await connection.execute(SET, {"tenant": str(filled.here)})
            with pytest.raises(DBAPIError, match="row-level security"):
                await connection.execute(metadata.tables[table].insert().values(row))


async def test_the_program_s_role_owns_nothing_and_cannot_pass_by(filled: Filled) -> None:
    async with filled.engine.connect() as connection:
        role = (
            await connection.execute(
                sa.text(
                    "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, "
                    "(SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid) "
                    "FROM pg_roles WHERE rolname = current_user"
                )
            )
        ).one()
        bound = await connection.execute(
            sa.text(
                "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class "
                "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
        )
        secured = {name: is_forced for name, is_forced in bound}

    assert tuple(role) == (False, False, False, False, 0)
    secured.pop("alembic_version")
    assert secured == dict.fromkeys(TABLES, True)


async def test_a_role_that_is_not_bound_is_refused(
    postgres: Postgres, postgres_database: Database
) -> None:
    async def judge(url: URL) -> None:
        engine = make_engine(url)
        try:
            await check_role(engine)
        finally:
            await engine.dispose()

    superuser = parse_url(postgres.url("postgres", str(postgres_database.url.database)))
    with pytest.raises(StoreError, match="superuser"):
        await judge(superuser)
    with pytest.raises(StoreError, match="owns the tables"):
        await judge(postgres_database.owner)
    await judge(postgres_database.url)
