"""Carriers of text messages that are a workspace's own."""

import sqlalchemy as sa

from api.store.migrations.making import ids, make, texts, times, unique

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    make(
        "text_carriers",
        *texts("kind", "account", "sender", "url"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        *times("changed_at"),
        *ids("changed_by", nullable=True),
        unique("text_carriers"),
    )
