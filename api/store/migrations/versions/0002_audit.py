"""The audit log and the log of joins."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from api.store.migrations.isolation import app_role, is_postgresql, isolate

revision = "0002"
down_revision = "0001"

LOGS = ("audit_log", "livekit_access_log")
ONLY_ADDED = "entries of the log are only added"


def upgrade() -> None:
    _make_log(
        "audit_log",
        *_texts("actor_kind", "action", "outcome", nullable=False),
        *_texts("actor_id", "actor_role", "object_kind", "object_id", "reason"),
        *_texts("address", "user_agent", "request_id"),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    _make_log(
        "livekit_access_log",
        *_texts("room", "participant", "outcome", nullable=False),
        *_texts("role", "reason", "meeting_id", "address", "user_agent"),
    )
    _make_marks("audit_heads", "log")
    _make_marks(
        "audit_checkpoints",
        "log",
        "seq",
        extra=[sa.Column("cut_at", sa.DateTime(timezone=True), nullable=False)],
    )
    for log in LOGS:
        isolate(log, "SELECT, INSERT")
    isolate("audit_heads", "SELECT, INSERT, UPDATE")
    isolate("audit_checkpoints", "SELECT, INSERT")
    _protect_postgresql() if is_postgresql() else _protect_sqlite()


def _texts(*names: str, nullable: bool = True) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=nullable) for name in names]


def _make_log(name: str, *columns: sa.Column[str]) -> None:
    op.create_table(
        name,
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("workspace_id", "seq", name=f"pk_{name}"),
        _owner(name),
    )


def _make_marks(name: str, *key: str, extra: list[sa.Column[datetime]] | None = None) -> None:
    op.create_table(
        name,
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("log", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        *(extra or []),
        sa.PrimaryKeyConstraint("workspace_id", *key, name=f"pk_{name}"),
        _owner(name),
    )


def _owner(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id"], ["workspaces.id"], name=f"fk_{name}_workspace_id"
    )


def _protect_sqlite() -> None:
    """Entries go only behind a checkpoint, checkpoints never."""
    for table in (*LOGS, "audit_checkpoints"):
        op.execute(
            f"CREATE TRIGGER {table}_keeps BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{ONLY_ADDED}'); END"
        )
    for log in LOGS:
        op.execute(
            f"CREATE TRIGGER {log}_stays BEFORE DELETE ON {log} WHEN OLD.seq > COALESCE("
            "(SELECT max(seq) FROM audit_checkpoints "
            f"WHERE workspace_id = OLD.workspace_id AND log = '{log}'), 0) "
            f"BEGIN SELECT RAISE(ABORT, '{ONLY_ADDED}'); END"
        )
    op.execute(
        "CREATE TRIGGER audit_checkpoints_stays BEFORE DELETE ON audit_checkpoints "
        f"BEGIN SELECT RAISE(ABORT, '{ONLY_ADDED}'); END"
    )


def _protect_postgresql() -> None:
    """The same for the owner; the program's role has no right to change or delete at all, and
    cuts by a function that the owner lends it."""
    op.execute(
        "CREATE FUNCTION housecall_only_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'DELETE' AND TG_TABLE_NAME <> 'audit_checkpoints' AND OLD.seq <= "
        "(SELECT max(seq) FROM audit_checkpoints "
        "WHERE workspace_id = OLD.workspace_id AND log = TG_TABLE_NAME) "
        f"THEN RETURN OLD; END IF; RAISE EXCEPTION '{ONLY_ADDED}'; END $$"
    )
    for table in (*LOGS, "audit_checkpoints"):
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION housecall_only_added()"
        )
    op.execute(
        "CREATE FUNCTION housecall_cut(which text, until bigint) RETURNS bigint "
        "LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$ "
        "DECLARE gone bigint; BEGIN "
        f"IF which NOT IN {LOGS} THEN RAISE EXCEPTION 'no log'; END IF; "
        "EXECUTE format('DELETE FROM %I WHERE seq <= $1', which) USING until; "
        "GET DIAGNOSTICS gone = ROW_COUNT; RETURN gone; END $$"
    )
    op.execute("REVOKE EXECUTE ON FUNCTION housecall_cut(text, bigint) FROM PUBLIC")
    if role := app_role():
        op.execute(f"GRANT EXECUTE ON FUNCTION housecall_cut(text, bigint) TO {role}")
