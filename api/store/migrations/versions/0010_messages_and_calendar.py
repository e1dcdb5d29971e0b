"""Text messages beside letters, who may be sent some, reminders, a workspace's own words; staff's
calendars and hours."""

import sqlalchemy as sa
from alembic import op

from api.store.migrations.isolation import is_postgresql
from api.store.migrations.making import ADDED, ids, make, numbers, refers, texts, times, unique

revision = "0010"
down_revision = "0009"

ONLY_ADDED = "what was agreed to is only added"


def upgrade() -> None:
    for table in ("outbox", "invitations"):  # what there is went by mail
        channel = sa.Column("channel", sa.String(), nullable=False, server_default="mail")
        op.add_column(table, channel)
    op.add_column("outbox", sa.Column("reference", sa.String(), nullable=True))
    op.add_column("invitations", sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_invitations_remind_at", "invitations", ["workspace_id", "remind_at"])
    make(
        "templates",
        *texts("channel", "kind", "language"),
        *texts("subject", nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        *times("changed_at"),
        *ids("changed_by", nullable=True),
        unique("templates", "channel", "kind", "language"),
    )
    make(
        "text_consents",
        *texts("kind"),
        *ids("subject_id"),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        *texts("method"),
        *ids("noted_by", nullable=True),
        *times("at"),
        rights=ADDED,
    )
    for column in ("subject_id", "phone"):
        name = f"ix_text_consents_{column.removesuffix('_id')}"
        op.create_index(name, "text_consents", ["workspace_id", column])
    _protect()
    _make_calendars()


def _make_calendars() -> None:
    make(
        "calendar_events",
        *texts("kind"),
        *ids("staff_id"),
        *ids("patient_id", nullable=True),
        *times("starts_at", "ends_at"),
        *texts("time_zone"),
        *numbers("minutes"),
        sa.Column("recurrence", sa.Text(), nullable=True),
        *texts("conferencing", nullable=True),
        *texts("status"),
        *numbers("sequence"),
        *ids("created_by", nullable=True),
        *times("created_at", "changed_at"),
        *numbers("version"),
        refers("calendar_events", "staff_id", "staff"),
        refers("calendar_events", "patient_id", "patients"),
    )
    op.create_index(
        "ix_calendar_events_staff", "calendar_events", ["workspace_id", "staff_id", "ends_at"]
    )
    make(
        "working_hours",
        *ids("staff_id"),
        *numbers("day"),
        *texts("begins", "ends", "time_zone"),
        refers("working_hours", "staff_id", "staff"),
    )
    op.create_index("ix_working_hours_staff", "working_hours", ["workspace_id", "staff_id"])
    op.add_column("meetings", sa.Column("event_id", sa.Uuid(), nullable=True))
    occurrence = sa.Column("occurrence_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("meetings", occurrence)
    op.create_index("ix_meetings_event", "meetings", ["workspace_id", "event_id"])


def _protect() -> None:
    """Neither the program nor the owner of the tables changes what was agreed to."""
    if is_postgresql():
        op.execute(
            "CREATE TRIGGER text_consents_stays BEFORE UPDATE OR DELETE ON text_consents "
            "FOR EACH ROW EXECUTE FUNCTION housecall_never_changed()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER text_consents_{verb.lower()} BEFORE {verb} ON text_consents "
            f"BEGIN SELECT RAISE(ABORT, '{ONLY_ADDED}'); END"
        )
