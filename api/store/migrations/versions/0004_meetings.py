"""Visits and who takes part in them; links that lead to one; plans that mean something."""

import sqlalchemy as sa
from alembic import op

from api.store.migrations.isolation import is_postgresql
from api.store.migrations.making import ids, make, numbers, refers, texts, times, unique

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    make(
        "meetings",
        *texts("kind"),
        *ids("patient_id", "created_by", nullable=True),
        *times("starts_at"),
        *numbers("minutes"),
        *texts("conferencing", "provider", "room", "status"),
        *texts("plan", nullable=True),
        sa.Column("locked", sa.Boolean(), nullable=False),
        *numbers("sequence"),
        *texts("calendar_event_id", nullable=True),
        *times("rings_until", nullable=True),
        *times("created_at", "changed_at"),
        *times("opened_at", "lobby_at", "live_at", "ended_at", nullable=True),
        *times("cancelled_at", "no_show_at", nullable=True),
        *numbers("version"),
        unique("meetings", "room"),
        refers("meetings", "patient_id", "patients"),
        refers("meetings", "created_by", "staff"),
    )
    op.create_index("ix_meetings_starts_at", "meetings", ["workspace_id", "starts_at"])
    op.create_index("ix_meetings_patient", "meetings", ["workspace_id", "patient_id"])
    make(
        "meeting_participants",
        *ids("meeting_id"),
        *texts("kind"),
        *ids("subject_id"),
        *texts("role", "rsvp"),
        *times("rsvp_at", nullable=True),
        *texts("admission"),
        *times("added_at"),
        *times("waiting_since", "admitted_at", "joined_at", "left_at", nullable=True),
        unique("meeting_participants", "meeting_id", "kind", "subject_id"),
        refers("meeting_participants", "meeting_id", "meetings"),
    )
    op.create_index(
        "ix_meeting_participants_subject", "meeting_participants", ["workspace_id", "subject_id"]
    )
    make(
        "known_requests",
        *texts("actor", "key", "operation"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        *ids("object_id"),
        *times("created_at"),
        unique("known_requests", "actor", "key"),
    )
    with op.batch_alter_table("links") as links:
        links.add_column(sa.Column("meeting_id", sa.Uuid(), nullable=True))
        links.create_foreign_key(
            "fk_links_workspace_id_meeting_id",
            "meetings",
            ["workspace_id", "meeting_id"],
            ["workspace_id", "id"],
        )
    _give_plans()


def _give_plans() -> None:
    """Until now a plan meant nothing, and all had the same one."""
    if is_postgresql():  # the policy binds the owner too, and shows it nothing here
        op.execute("ALTER TABLE workspaces NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE workspaces SET plan = 'enterprise' WHERE plan = 'free'")
    if is_postgresql():
        op.execute("ALTER TABLE workspaces FORCE ROW LEVEL SECURITY")
