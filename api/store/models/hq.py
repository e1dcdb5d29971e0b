"""Workspaces that let another one serve those who wait with them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from api.rules.private import Private
from api.store.models.base import Base
from api.store.models.people import Identified, belongs_to


class HqLink(Identified, Base):
    """One side of an agreement; the other workspace has a row of its own. What an HQ may see and do
    is what the served workspace's row says, each time."""

    __tablename__ = "hq_links"
    __table_args__ = (UniqueConstraint("workspace_id", "side", "other_id"),)

    side: Mapped[str]
    other_id: Mapped[UUID]  # the other workspace
    other_slug: Mapped[str]
    other_title: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]  # None: it was the other side


class HqProfile(Identified, Base):
    """What somebody of an HQ can do; the id is theirs."""

    __tablename__ = "hq_profiles"
    __table_args__ = (belongs_to("staff", "id"),)

    languages: Mapped[str]  # separated by blanks
    skills: Mapped[str]  # separated by line ends
    changed_at: Mapped[datetime]


class Visitor(Identified, Base):
    """Somebody of an HQ who has taken a visit here; the id is that of the staff there."""

    __tablename__ = "visitors"

    hq_id: Mapped[UUID]  # their workspace
    name: Mapped[Private | None]
    seen_at: Mapped[datetime]


class Triage(Identified, Base):
    """How urgent a visit is, and what whoever takes it should know; the id is the visit's."""

    __tablename__ = "triages"
    __table_args__ = (belongs_to("meetings", "id"),)

    priority: Mapped[str]
    skill: Mapped[Private | None]
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]
