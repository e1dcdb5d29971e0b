"""Calendars of staff: events, and the hours in which they can be booked."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from api.store.models.base import Base
from api.store.models.people import Identified, Versioned, belongs_to


class CalendarEvent(Versioned, Base):
    """Visits that were made together, each of them a `Meeting`; or a time at which somebody is not
    to be booked. Without a title, like a visit."""

    __tablename__ = "calendar_events"
    __table_args__ = (
        belongs_to("staff", "staff_id"),
        belongs_to("patients", "patient_id"),
        Index("ix_calendar_events_staff", "workspace_id", "staff_id", "ends_at"),
    )

    kind: Mapped[str]
    staff_id: Mapped[UUID]  # whose calendar
    patient_id: Mapped[UUID | None]
    starts_at: Mapped[datetime]  # the first that is still to come of it, or was
    ends_at: Mapped[datetime]  # of the last
    time_zone: Mapped[str]  # in which it keeps its time on the wall
    minutes: Mapped[int]
    recurrence: Mapped[dict[str, Any] | None]  # with "out": times that are left out
    conferencing: Mapped[str | None]  # as asked for; None: nobody meets
    status: Mapped[str]
    sequence: Mapped[int]  # of what calendars were told of all together
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class WorkingHours(Identified, Base):
    """Of one weekday, by the clock of a place."""

    __tablename__ = "working_hours"
    __table_args__ = (
        belongs_to("staff", "staff_id"),
        Index("ix_working_hours_staff", "workspace_id", "staff_id"),
    )

    staff_id: Mapped[UUID]
    day: Mapped[int]  # 0 is Monday
    begins: Mapped[str]  # HH:MM
    ends: Mapped[str]
    time_zone: Mapped[str]
