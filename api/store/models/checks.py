"""What the server has found when it looked at itself.

These rows are the operator's, not a clinic's: they stand with the oldest workspace, since no table
is outside of all of them.
"""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from api.store.models.base import Base
from api.store.models.people import Identified


class Check(Identified, Base):
    """One part at one time, by one server."""

    __tablename__ = "checks"
    __table_args__ = (Index("ix_checks_at", "workspace_id", "node", "at"),)

    node: Mapped[str]  # the server that looked
    at: Mapped[datetime]
    part: Mapped[str]
    place: Mapped[str | None]  # of a relay: its address, as clients are told it
    reason: Mapped[str | None]  # None: all is well
    milliseconds: Mapped[int]


class Incident(Identified, Base):
    """Something was not well for a while."""

    __tablename__ = "incidents"
    __table_args__ = (Index("ix_incidents_ended_at", "workspace_id", "node", "ended_at"),)

    node: Mapped[str]
    part: Mapped[str]
    place: Mapped[str | None]
    reason: Mapped[str]
    begun_at: Mapped[datetime]
    well_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    told: Mapped[bool]  # the administrator was written to
    end_told: Mapped[bool]
