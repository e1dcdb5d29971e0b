"""Files of patients, and what is filed under a visit."""

import sqlalchemy as sa
from alembic import op

from api.store.migrations.making import ids, make, refers, texts, times, unique

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    make(
        "patient_files",
        *ids("patient_id"),
        sa.Column("name", sa.Text(), nullable=False),
        *texts("media_type"),
        sa.Column("size", sa.BigInteger(), nullable=False),
        *texts("sha256"),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        *ids("added_by"),
        *times("created_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        refers("patient_files", "patient_id", "patients"),
    )
    op.create_index("ix_patient_files_patient", "patient_files", ["workspace_id", "patient_id"])
    make(
        "chart_items",
        *ids("meeting_id"),
        *texts("kind"),
        *ids("subject_id"),
        *times("added_at"),
        unique("chart_items", "kind", "subject_id"),
        refers("chart_items", "meeting_id", "meetings"),
    )
    op.create_index("ix_chart_items_meeting", "chart_items", ["workspace_id", "meeting_id"])
