"""A clinic: what all other rows belong to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from api.store.models.base import Base


class Workspace(Base):
    """Its row holds nothing clinical and no secret: who signs in finds it by its name."""

    __tablename__ = "workspaces"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)  # what people type
    title: Mapped[str]
    plan: Mapped[str]
    created_at: Mapped[datetime]
    audit_days: Mapped[int | None]  # that the logs are kept; None: for good
    waiting_message: Mapped[str | None]  # that those who wait are shown
    time_zone: Mapped[str | None]  # "Europe/Madrid", of times in letters; None: UTC
    conferencing: Mapped[str | None]  # the provider that comes first; None: our own rooms
