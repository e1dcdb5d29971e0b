"""Columns and tables, as the steps of the history write them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from api.store.migrations.isolation import isolate

ALL, ADDED = "SELECT, INSERT, UPDATE, DELETE", "SELECT, INSERT"


def make(table: str, *columns: Any, rights: str = ALL) -> None:
    """With its workspace and id, visible to the workspace alone."""
    op.create_table(
        table,
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("workspace_id", "id")),
        *columns,
        sa.PrimaryKeyConstraint("workspace_id", "id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=f"fk_{table}_workspace_id"
        ),
    )
    isolate(table, rights)


def texts(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(), nullable=nullable) for name in names]


def times(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=nullable) for name in names]


def numbers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def ids(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Uuid(), nullable=nullable) for name in names]


def unique(table: str, *columns: str) -> sa.UniqueConstraint:
    name = "_".join(["uq", table, "workspace_id", *columns])
    return sa.UniqueConstraint("workspace_id", *columns, name=name)


def refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """To a row of the same workspace."""
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=f"fk_{table}_workspace_id_{column}",
    )
