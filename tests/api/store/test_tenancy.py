"""No query reaches another workspace, and none goes without one."""

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import insert, select, text, update

from api.store.errors import TenancyError
from api.store.models import Workspace
from api.store.store import Store
from api.store.tenancy import KEY, Directory
from tests.api.conftest import NOON

pytestmark = pytest.mark.anyio

HERE, THERE = uuid4(), uuid4()
TABLE = sa.table("workspaces", sa.column("id"))


def workspace(id: UUID, slug: str) -> Workspace:
    return Workspace(id=id, slug=slug, title=slug.title(), plan="free", created_at=NOON)


@pytest.fixture
async def two(store: Store) -> Store:
    for id, slug in ((HERE, "here"), (THERE, "there")):
        async with store.writing(id) as tx:
            tx.session.add(workspace(id, slug))
    return store


async def test_a_workspace_sees_itself_alone(two: Store) -> None:
    async with two.reading(HERE) as tx:
        found = (await tx.session.scalars(select(Workspace))).all()
        other = await tx.session.get(Workspace, THERE)

    assert [w.slug for w in found] == ["here"]
    assert other is None


async def test_the_directory_lists_all_and_changes_none(two: Store) -> None:
    async with two.reading(Directory.ALL) as tx:
        found = (await tx.session.scalars(select(Workspace.slug).order_by(Workspace.slug))).all()

        with pytest.raises(TenancyError):
            await tx.session.execute(update(Workspace).values(title="x"))

    assert found == ["here", "there"]


async def test_changes_reach_its_own_rows_alone(two: Store) -> None:
    async with two.writing(HERE) as tx:
        await tx.session.execute(update(Workspace).values(title="Changed"))
    async with two.reading(Directory.ALL) as tx:
        titles = {w.slug: w.title for w in await tx.session.scalars(select(Workspace))}

    assert titles == {"here": "Changed", "there": "There"}


async def test_a_row_of_another_workspace_is_not_written(two: Store) -> None:
    third = uuid4()

    with pytest.raises(TenancyError):
        async with two.writing(HERE) as tx:
            tx.session.add(workspace(third, "third"))


async def test_a_query_without_workspace_is_refused(two: Store) -> None:
    async with two.reading(HERE) as tx:
        del tx.session.info[KEY]

        with pytest.raises(TenancyError):
            await tx.session.scalars(select(Workspace))
        tx.session.info[KEY] = HERE


@pytest.mark.parametrize(
    "statement",
    [
        text("SELECT * FROM workspaces"),
        select(TABLE),
        sa.delete(TABLE),
        insert(Workspace).values(id=THERE),
    ],
    ids=["text", "table", "delete from a table", "insert"],
)
async def test_what_cannot_be_confined_is_refused(two: Store, statement: object) -> None:
    async with two.reading(HERE) as tx:
        with pytest.raises(TenancyError):
            await tx.session.execute(statement)  # type: ignore[call-overload]
