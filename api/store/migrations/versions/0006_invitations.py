"""Invitations to visits, and the time zone that a clinic's letters tell times in."""

import sqlalchemy as sa
from alembic import op

from api.store.migrations.making import ids, make, numbers, refers, texts, times, unique

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("time_zone", sa.String(), nullable=True))
    make(
        "invitations",
        *ids("meeting_id"),
        *texts("kind"),
        *ids("subject_id"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        *texts("language", nullable=True),
        *ids("mail_id"),
        *numbers("sequence"),
        *times("sent_at", "expires_at"),
        *times("revoked_at", nullable=True),
        unique("invitations", "meeting_id", "kind", "subject_id"),
        unique("invitations", "digest"),
        refers("invitations", "meeting_id", "meetings"),
    )
