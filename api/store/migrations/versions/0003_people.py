"""Staff, patients, guests, and how they come in."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from api.store.migrations.isolation import isolate

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("audit_days", sa.Integer(), nullable=True))
    _make(
        "staff",
        *_texts("email", "name", kind=sa.Text()),
        *_texts("role", nullable=False),
        *_texts("password"),
        sa.Column("totp", sa.LargeBinary()),
        sa.Column("totp_step", sa.BigInteger()),
        *_times("created_at"),
        *_times("disabled_at", nullable=True),
        *_numbers("version"),
        sa.UniqueConstraint("workspace_id", "email", name="uq_staff_workspace_id_email"),
    )
    _make(
        "patients",
        *_texts("name", kind=sa.Text(), nullable=False),
        *_texts("email", "phone", "birth_date", "reference", kind=sa.Text()),
        *_texts("language"),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        *_times("created_at"),
        *_times("archived_at", nullable=True),
        *_numbers("version"),
    )
    _make("care_team", *_ids("patient_id", "staff_id"), *_of_both("care_team"), key=())
    _make(
        "broken_glasses",
        *_ids("patient_id", "staff_id"),
        *_texts("reason", kind=sa.Text(), nullable=False),
        *_times("broken_at", "expires_at"),
        *_of_both("broken_glasses"),
    )
    _make(
        "guests",
        *_texts("kind", nullable=False),
        *_texts("name", kind=sa.Text(), nullable=False),
        *_ids("patient_id", "invited_by", nullable=True),
        *_times("created_at"),
        *_times("revoked_at", nullable=True),
        _refers("guests", "patient_id", "patients"),
        _refers("guests", "invited_by", "staff"),
    )
    _make(
        "links",
        *_subject(),
        sa.Column("secret", sa.LargeBinary()),
        *_numbers("tries"),
        *_times("created_at", "expires_at"),
        *_times("used_at", nullable=True),
        _digests("links"),
    )
    _make(
        "sessions",
        *_subject(),
        *_times("begun_at", "seen_at", "expires_at"),
        *_times("ended_at", nullable=True),
        _digests("sessions"),
    )
    op.create_index(
        "ix_sessions_subject", "sessions", ["workspace_id", "subject_kind", "subject_id"]
    )
    _make(
        "api_keys",
        *_texts("name", "scopes", nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        *_ids("created_by", nullable=True),
        *_times("created_at"),
        *_times("expires_at", "revoked_at", "used_at", nullable=True),
        _digests("api_keys"),
    )


def _make(table: str, *columns: Any, key: tuple[str, ...] = ("id",)) -> None:
    own = [sa.Column(name, sa.Uuid(), nullable=False) for name in ("workspace_id", *key)]
    primary = ["workspace_id", *key] if key else ["workspace_id", "patient_id", "staff_id"]
    op.create_table(
        table,
        *own,
        *columns,
        sa.PrimaryKeyConstraint(*primary, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=f"fk_{table}_workspace_id"
        ),
    )
    isolate(table)


def _texts(*names: str, kind: Any = None, nullable: bool = True) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind or sa.String(), nullable=nullable) for name in names]


def _times(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=nullable) for name in names]


def _numbers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _ids(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Uuid(), nullable=nullable) for name in names]


def _subject() -> list[sa.Column[Any]]:
    return [
        *_texts("subject_kind", nullable=False),
        *_ids("subject_id"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
    ]


def _digests(table: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint("workspace_id", "digest", name=f"uq_{table}_workspace_id_digest")


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=f"fk_{table}_workspace_id_{column}",
    )


def _of_both(table: str) -> list[sa.ForeignKeyConstraint]:
    return [_refers(table, "patient_id", "patients"), _refers(table, "staff_id", "staff")]
