"""A patient's chart: their folder of files, and what is filed under which of their visits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.rules.private import Private
from api.store.models.base import Base
from api.store.models.people import Identified, Versioned, belongs_to


class PatientFile(Versioned, Base):
    """One in a patient's folder. Its content is in the data folder, sealed with its own key."""

    __tablename__ = "patient_files"
    __table_args__ = (
        belongs_to("patients", "patient_id"),
        Index("ix_patient_files_patient", "workspace_id", "patient_id"),
    )

    patient_id: Mapped[UUID]
    name: Mapped[Private]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)  # bytes
    sha256: Mapped[str]  # hex, of what is kept
    key: Mapped[bytes]  # that seals the content; sealed
    added_by: Mapped[UUID]  # of staff, or an integration's key
    created_at: Mapped[datetime]


class ChartItem(Identified, Base):
    """Something filed under a visit. Which table `subject_id` is in, `kind` says."""

    __tablename__ = "chart_items"
    __table_args__ = (
        UniqueConstraint("workspace_id", "kind", "subject_id"),
        belongs_to("meetings", "meeting_id"),
        Index("ix_chart_items_meeting", "workspace_id", "meeting_id"),
    )

    meeting_id: Mapped[UUID]
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    added_at: Mapped[datetime]
