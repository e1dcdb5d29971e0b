"""What people are asked to agree to, and what they have said."""

import sqlalchemy as sa
from alembic import op

from api.store.migrations.isolation import is_postgresql
from api.store.migrations.making import ADDED, ids, make, numbers, refers, texts, times, unique

revision = "0007"
down_revision = "0006"

TABLES = ("consent_policies", "consent_receipts")
ONLY_ADDED = "what was agreed to is only added"


def upgrade() -> None:
    make(
        "consent_policies",
        *numbers("version"),
        *texts("language"),
        sa.Column("text", sa.Text(), nullable=False),
        *texts("hash"),
        *times("created_at"),
        *ids("created_by", nullable=True),
        unique("consent_policies", "version", "language"),
        rights=ADDED,
    )
    make(
        "consent_receipts",
        *ids("meeting_id"),
        *numbers("number"),
        *texts("kind"),
        *ids("subject_id"),
        *texts("scopes"),
        sa.Column("given", sa.Boolean(), nullable=False),
        *numbers("policy_version"),
        *texts("policy_hash", "language", "method"),
        *ids("noted_by", nullable=True),
        *texts("address", "user_agent", nullable=True),
        *times("at"),
        unique("consent_receipts", "meeting_id", "number"),
        refers("consent_receipts", "meeting_id", "meetings"),
        rights=ADDED,
    )
    op.create_index("ix_audit_log_object", "audit_log", ["workspace_id", "object_id"])
    _protect_postgresql() if is_postgresql() else _protect_sqlite()


def _protect_sqlite() -> None:
    for table in TABLES:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{ONLY_ADDED}'); END"
            )


def _protect_postgresql() -> None:
    """For the owner too; the program's role has no right to change or delete at all."""
    op.execute(
        "CREATE FUNCTION housecall_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{ONLY_ADDED}'; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION housecall_never_changed()"
        )
