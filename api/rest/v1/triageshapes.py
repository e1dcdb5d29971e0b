"""How urgent a visit is, as JSON."""

from typing import Self

from api.rest.v1.shapes import Line, Shape, shown
from api.rules.hq import Priority
from api.store.models import Triage


class TriageBody(Shape):
    priority: Priority = Priority.ROUTINE
    skill: Line | None = None  # that whoever takes it should have


class TriageOut(Shape):
    priority: Priority
    skill: str | None

    @classmethod
    def of(cls, row: Triage | None) -> Self:
        if row is None:
            return cls(priority=Priority.ROUTINE, skill=None)
        return cls(priority=Priority(row.priority), skill=shown(row.skill))
