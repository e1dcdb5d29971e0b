"""Accounts at providers of video calls, what was made there, and where visits go first."""

import sqlalchemy as sa
from alembic import op

from api.store.migrations.making import ids, make, numbers, refers, texts, times, unique

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("conferencing", sa.String(), nullable=True))
    for name in ("instead_of", "lack"):
        op.add_column("meetings", sa.Column(name, sa.String(), nullable=True))
    make(
        "connections",
        *texts("provider"),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("access", "refresh")),
        *times("expires_at", "connected_at"),
        *ids("connected_by"),
        *times("lost_at", nullable=True),
        unique("connections", "provider"),
        refers("connections", "connected_by", "staff"),
    )
    make(
        "conferences",
        *ids("meeting_id"),
        *texts("provider", "state"),
        *texts("name", nullable=True),
        sa.Column("may_exist", sa.Boolean(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=True),
        *texts("reason", nullable=True),
        *numbers("tries"),
        *times("created_at", "next_at"),
        *times("claimed_at", nullable=True),
        refers("conferences", "meeting_id", "meetings"),
    )
    columns = ["workspace_id", "meeting_id"]
    op.create_index("ix_conferences_meeting", "conferences", columns)
    columns = ["workspace_id", "state", "next_at"]
    op.create_index("ix_conferences_due", "conferences", columns)
