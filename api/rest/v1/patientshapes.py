"""What goes in and out of patients' records, as JSON."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from api.clinic.patients import Named, Numbered
from api.rest.v1.shapes import PRINTABLE, Day, Email, Language, Line, NotText, Phone, Shape, shown
from api.rules.private import Private
from api.rules.roles import Role
from api.store.models import BrokenGlass, Patient, Staff


class PatientChange(Shape):
    name: Line | None = None
    email: Email | None = None
    phone: Phone | None = None
    birth_date: Day | None = None
    language: Language | None = None
    reference: Line | None = None
    restricted: StrictBool | None = None

    def fields(self) -> dict[str, Any]:
        """What was given, as columns hold it. A name cannot be taken away."""
        given: dict[str, Any] = {}
        for name in self.model_fields_set:
            value = getattr(self, name)
            if isinstance(value, date):
                value = value.isoformat()
            if name in ("name", "restricted") and value is None:
                continue
            hidden = isinstance(value, str) and name != "language"
            given[name] = Private(value) if hidden else value
        return given


class PatientBody(PatientChange):
    name: Line

    def fields(self) -> dict[str, Any]:
        empty = dict.fromkeys(("email", "phone", "birth_date", "language", "reference"))
        return {**empty, "restricted": False, **super().fields()}


class PatientOut(Shape):
    id: UUID
    name: str
    email: str | None
    phone: str | None
    birth_date: str | None
    language: str | None
    reference: str | None
    restricted: bool
    archived: bool
    version: int

    @classmethod
    def of(cls, row: Patient) -> Self:
        return cls(
            id=row.id,
            name=row.name.text,
            email=shown(row.email),
            phone=shown(row.phone),
            birth_date=shown(row.birth_date),
            language=row.language,
            reference=shown(row.reference),
            restricted=row.restricted,
            archived=row.archived_at is not None,
            version=row.version,
        )


class PatientSearch(Shape):
    """Words of a name, a number, a date of birth; without any all are found, by name."""

    text: Annotated[str, StringConstraints(max_length=200, pattern=PRINTABLE)] = ""
    limit: Annotated[int, Field(ge=1, le=200), NotText] = 50


class FoundPatients(Shape):
    items: list[PatientOut]
    more: bool  # than these: say more of who is looked for


class NamedBody(Shape):
    """Who somebody in need is, by the whole name and the date of birth."""

    name: Line
    birth_date: Day

    @property
    def who(self) -> Named:
        return Named(self.name, self.birth_date.isoformat())


class NumberedBody(Shape):
    reference: Line

    @property
    def who(self) -> Numbered:
        return Numbered(self.reference)


class FoundHidden(Shape):
    """Ids alone: a record is read once the glass is broken."""

    ids: list[UUID]


class TeamMemberOut(Shape):
    staff_id: UUID
    name: str | None
    role: Role

    @classmethod
    def of(cls, row: Staff) -> Self:
        return cls(staff_id=row.id, name=shown(row.name), role=Role(row.role))


class TeamOut(Shape):
    items: list[TeamMemberOut]


class PatientLinkBody(Shape):
    minutes: Annotated[int, Field(ge=1, le=14 * 24 * 60), NotText] = 24 * 60
    mail: StrictBool = False


class GlassBody(Shape):
    reason: Annotated[Line, Field(min_length=10)]


class GlassOut(Shape):
    id: UUID
    patient_id: UUID
    staff_id: UUID
    reason: str
    broken_at: datetime
    expires_at: datetime
    staff_name: str | None = None  # in lists
    patient_name: str | None = None  # in lists, for those who see patients

    @classmethod
    def of(
        cls, row: BrokenGlass, by: Private | None = None, patient: Private | None = None
    ) -> Self:
        return cls(
            id=row.id,
            patient_id=row.patient_id,
            staff_id=row.staff_id,
            reason=row.reason.text,
            broken_at=row.broken_at,
            expires_at=row.expires_at,
            staff_name=shown(by),
            patient_name=shown(patient),
        )
