"""Accounts at providers of video calls, and what was made there for visits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from api.store.models.base import Base
from api.store.models.people import Identified, belongs_to


class Connection(Identified, Base):
    """One account, which all visits at that provider belong to."""

    __tablename__ = "connections"
    __table_args__ = (
        UniqueConstraint("workspace_id", "provider"),
        belongs_to("staff", "connected_by"),
    )

    provider: Mapped[str]
    access: Mapped[bytes]  # token, sealed
    refresh: Mapped[bytes]  # token, sealed
    expires_at: Mapped[datetime]  # of the access token
    connected_at: Mapped[datetime]
    connected_by: Mapped[UUID]
    lost_at: Mapped[datetime | None]  # when the provider did not know us any more


class Conference(Identified, Base):
    """A visit's, at one provider. A visit that goes elsewhere gets another one."""

    __tablename__ = "conferences"
    __table_args__ = (
        belongs_to("meetings", "meeting_id"),
        Index("ix_conferences_meeting", "workspace_id", "meeting_id"),
        Index("ix_conferences_due", "workspace_id", "state", "next_at"),
    )

    meeting_id: Mapped[UUID]
    provider: Mapped[str]
    state: Mapped[str]
    name: Mapped[str | None]  # what the provider calls it
    may_exist: Mapped[bool]  # it was asked for, and nobody knows what came of it
    link: Mapped[bytes | None]  # where people join, sealed
    reason: Mapped[str | None]  # what went wrong the last time
    tries: Mapped[int]
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]  # when the provider is asked again
    claimed_at: Mapped[datetime | None]  # it is being asked
