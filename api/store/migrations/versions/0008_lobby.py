"""What is said in the waiting room: a clinic's own words there, and messages to and fro."""

import sqlalchemy as sa
from alembic import op

from api.store.migrations.making import ids, make, refers, times

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("waiting_message", sa.String(), nullable=True))
    make(
        "lobby_messages",
        *ids("meeting_id", "participant_id", "sender_id"),
        sa.Column("by_host", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        *times("at"),
        refers("lobby_messages", "meeting_id", "meetings"),
    )
    op.create_index("ix_lobby_messages_meeting", "lobby_messages", ["workspace_id", "meeting_id"])
