"""What people are asked to agree to, and what they have said. Both are only ever added."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.store.models.base import Base
from api.store.models.people import Identified, belongs_to


class Policy(Identified, Base):
    """One version's text in one language."""

    __tablename__ = "consent_policies"
    __table_args__ = (UniqueConstraint("workspace_id", "version", "language"),)

    version: Mapped[int]
    language: Mapped[str]
    text: Mapped[str] = mapped_column(Text())
    hash: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class ConsentReceipt(Identified, Base):
    """One yes or no of one person in one visit."""

    __tablename__ = "consent_receipts"
    __table_args__ = (
        UniqueConstraint("workspace_id", "meeting_id", "number"),
        belongs_to("meetings", "meeting_id"),
    )

    meeting_id: Mapped[UUID]
    number: Mapped[int]  # within the visit, from 1
    kind: Mapped[str]
    subject_id: Mapped[UUID]  # of staff, patient or guest, as `kind` says
    scopes: Mapped[str]  # separated by spaces
    given: Mapped[bool]  # False: declined, or taken back
    policy_version: Mapped[int]
    policy_hash: Mapped[str]
    language: Mapped[str]
    method: Mapped[str]
    noted_by: Mapped[UUID | None]  # the host who has heard it, when it was not said here
    address: Mapped[str | None]
    user_agent: Mapped[str | None]
    at: Mapped[datetime]
