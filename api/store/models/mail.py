"""Letters and text messages on their way, and the words of a workspace's own for them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.store.models.base import Base
from api.store.models.people import Identified


class Mail(Identified, Base):
    """A letter or a text message, written in the transaction of what it tells of. Its text holds a
    link and is sealed; it is wiped out once nothing more is to be done with it."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_next_at", "workspace_id", "state", "next_at"),
        Index("ix_outbox_subject", "workspace_id", "subject_id"),
    )

    channel: Mapped[str]
    kind: Mapped[str]
    subject_kind: Mapped[str]  # whom it is for
    subject_id: Mapped[UUID]
    meeting_id: Mapped[UUID | None]  # what it tells of
    sealed: Mapped[bytes | None]  # the whole message
    state: Mapped[str]
    reason: Mapped[str | None]  # a word or code for why it was not taken
    reference: Mapped[str | None]  # how a carrier calls it
    tries: Mapped[int]
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # then it is of no use
    claimed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Template(Identified, Base):
    """In place of the program's own words, in one language."""

    __tablename__ = "templates"
    __table_args__ = (UniqueConstraint("workspace_id", "channel", "kind", "language"),)

    channel: Mapped[str]
    kind: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str | None]
    text: Mapped[str] = mapped_column(Text())
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]
