"""What somebody was sent about a visit, and by what they answer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from api.rules.private import Private
from api.store.models.base import Base
from api.store.models.people import Identified, belongs_to


class Invitation(Identified, Base):
    """The newest one of a person to a visit."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("workspace_id", "meeting_id", "kind", "subject_id"),
        UniqueConstraint("workspace_id", "digest"),
        belongs_to("meetings", "meeting_id"),
        Index("ix_invitations_remind_at", "workspace_id", "remind_at"),
    )

    meeting_id: Mapped[UUID]
    kind: Mapped[str]
    subject_id: Mapped[UUID]  # of staff, patient or guest, as `kind` says
    digest: Mapped[bytes]  # of the token that answers it
    channel: Mapped[str]
    address: Mapped[Private | None]  # a guest's, until the visit is over; a number if by SMS
    language: Mapped[str | None]
    mail_id: Mapped[UUID]  # the letter
    sequence: Mapped[int]  # of the visit, as that letter tells it
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]  # when they are reminded next; None: not again
