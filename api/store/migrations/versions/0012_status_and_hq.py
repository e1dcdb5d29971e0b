"""What the server finds when it looks at itself; workspaces that let another one serve those who
wait with them."""

import sqlalchemy as sa
from alembic import op

from api.store.migrations.making import ids, make, numbers, refers, texts, times, unique

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    make(
        "checks",
        *texts("node"),
        *times("at"),
        *texts("part"),
        *texts("place", "reason", nullable=True),
        *numbers("milliseconds"),
    )
    op.create_index("ix_checks_at", "checks", ["workspace_id", "node", "at"])
    make(
        "incidents",
        *texts("node", "part"),
        *texts("place", nullable=True),
        *texts("reason"),
        *times("begun_at"),
        *times("well_at", "ended_at", nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("end_told", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_incidents_ended_at", "incidents", ["workspace_id", "node", "ended_at"])
    make(
        "hq_links",
        *texts("side"),
        *ids("other_id"),
        *texts("other_slug", "other_title", "state"),
        *times("created_at", "changed_at"),
        *ids("changed_by", nullable=True),
        unique("hq_links", "side", "other_id"),
    )
    make(
        "hq_profiles",
        *texts("languages", "skills"),
        *times("changed_at"),
        refers("hq_profiles", "id", "staff"),
    )
    make(
        "visitors",
        *ids("hq_id"),
        sa.Column("name", sa.Text(), nullable=True),
        *times("seen_at"),
    )
    make(
        "triages",
        *texts("priority"),
        sa.Column("skill", sa.Text(), nullable=True),
        *times("changed_at"),
        *ids("changed_by", nullable=True),
        refers("triages", "id", "meetings"),
    )
