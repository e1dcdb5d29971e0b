"""Letters on their way."""

import sqlalchemy as sa
from alembic import op

from api.store.migrations.making import ids, make, numbers, texts, times

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    make(
        "outbox",
        *texts("kind", "subject_kind"),
        *ids("subject_id"),
        *ids("meeting_id", nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        *texts("state"),
        *texts("reason", nullable=True),
        *numbers("tries"),
        *times("created_at", "next_at", "expires_at"),
        *times("claimed_at", "finished_at", nullable=True),
    )
    op.create_index("ix_outbox_next_at", "outbox", ["workspace_id", "state", "next_at"])
    op.create_index("ix_outbox_subject", "outbox", ["workspace_id", "subject_id"])
