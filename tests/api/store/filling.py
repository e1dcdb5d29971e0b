"""A row in each table, of any revision, for one workspace: by raw SQL, as no code of ours would."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy import Connection, MetaData, Table

WHEN = datetime(2027, 1, 2, 3, 4, 5, 678901, UTC)
SET = sa.text("SELECT set_config('housecall.tenant', :tenant, true)")


def reflect(connection: Connection) -> list[Table]:
    """All tables of ours, in the order in which rows can be added."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [t for t in metadata.sorted_tables if t.name != "alembic_version"]


def enter(connection: Connection, tenant: UUID | str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(SET, {"tenant": str(tenant)})


def fill(connection: Connection, workspace: UUID) -> dict[str, dict[str, Any]]:
    """The rows, by table."""
    enter(connection, workspace)
    rows: dict[str, dict[str, Any]] = {}
    for table in reflect(connection):
        row = {c.name: value(c, workspace, connection.dialect.name) for c in table.columns}
        for key in table.foreign_keys:
            other = rows.get(key.column.table.name)
            if other is not None:
                row[key.parent.name] = other[key.column.name]
        connection.execute(table.insert().values(row))
        rows[table.name] = row
    return rows


def value(column: sa.Column[Any], workspace: UUID, dialect: str) -> Any:
    is_own = column.name == "workspace_id" or (column.table.name, column.name) == (
        "workspaces", "id",
    )  # fmt: skip
    id = workspace if is_own else uuid4()
    match column.type:
        case sa.Uuid():
            return id
        case sa.CHAR():  # SQLite's
            return id.hex
        case sa.Boolean():
            return False
        case sa.Integer():
            return 1
        case sa.DateTime():
            return WHEN
        case sa.Date():
            return WHEN.date()
        case sa.LargeBinary():
            return uuid4().bytes
        case sa.Text() if column.name in ("detail", "scopes"):
            return '{"a": 1}'
        case sa.String():
            return uuid4().hex
    raise AssertionError(f"no value for {column} of type {column.type!r} on {dialect}")
