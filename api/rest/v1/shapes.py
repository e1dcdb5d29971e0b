"""What goes in and out, as JSON."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from api.clinic.guests import GuestKind
from api.rules.credentials import LONGEST, SHORTEST
from api.rules.mailing import MailState
from api.rules.private import Private
from api.rules.roles import SCOPES, Permission, Role
from api.rules.wording import LetterKind
from api.store.models import ApiKey, BrokenGlass, Guest, Mail, Patient, Staff, Workspace

PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
# With something to be seen in it: of blanks alone nothing is left.
LEGIBLE = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=LEGIBLE)
]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f\x7f-\xa0]+@[^@\s\x00-\x1f\x7f-\xa0]+$",
    ),
]
Slug = Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z0-9-]+$")]
Phone = Annotated[str, StringConstraints(max_length=32, pattern=r"^\+?[0-9 ()/.-]+$")]
Language = Annotated[str, StringConstraints(max_length=35, pattern=r"^[A-Za-z0-9-]+$")]
Text = Annotated[str, Field(max_length=300)]  # read, never stored as it is


def known_zone(name: str) -> str:
    if name not in ZONES:
        raise ValueError("a time zone is needed as IANA names it, Europe/Madrid for one")
    return name


ZONES = frozenset(available_timezones())
TimeZone = Annotated[
    str,
    AfterValidator(known_zone),
    WithJsonSchema({"type": "string", "enum": sorted(ZONES), "examples": ["Europe/Madrid"]}),
]


def refuse_text(value: object) -> object:
    if isinstance(value, str | bool):
        raise ValueError("a number is needed")
    return value


def refuse_numbers(value: object) -> object:
    if not isinstance(value, str | date):
        raise ValueError("a date is needed, YYYY-MM-DD")
    return value


# Last in each field: before it, bounds would not be in the OpenAPI document.
NotText = BeforeValidator(refuse_text)
Day = Annotated[date, BeforeValidator(refuse_numbers)]


class Shape(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", hide_input_in_errors=True
    )


class LinkBody(Shape):
    token: Text


class AcceptBody(Shape):
    token: Text
    email: Email
    name: Line
    password: Annotated[str, Field(min_length=SHORTEST, max_length=LONGEST)]
    code: Text


class SignInBody(Shape):
    workspace: Slug | None = None  # by its name; may be left out where there is but one
    email: Email
    password: Text
    code: Text


class LinkSignInBody(Shape):
    token: Text
    birth_date: Day | None = None


class OpenedOut(Shape):
    workspace: str
    title: str
    role: Role
    email: str | None
    name: str | None
    secret: str  # for the authenticator, in base32
    uri: str


class WhoOut(Shape):
    workspace: str
    title: str
    kind: str
    id: UUID
    name: str | None
    role: Role | None
    permissions: list[Permission]


class SessionOut(Shape):
    kind: str
    id: UUID
    expires_at: datetime
    meeting_id: UUID | None = None  # the visit that the link was an invitation to


class LinkOut(Shape):
    url: str
    expires_at: datetime
    mail_id: UUID | None = None  # of the letter, if one was asked for


class WorkspaceChange(Shape):
    title: Line | None = None
    audit_days: Annotated[int, Field(ge=365, le=36500), NotText] | None = None
    time_zone: TimeZone | None = None  # of times in letters; null is UTC

    def fields(self) -> dict[str, Any]:
        given = {name: getattr(self, name) for name in self.model_fields_set}
        if given.get("title", "") is None:
            del given["title"]
        return given


class WorkspaceOut(Shape):
    id: UUID
    workspace: str
    title: str
    plan: str
    audit_days: int | None
    time_zone: str | None

    @classmethod
    def of(cls, row: Workspace) -> Self:
        return cls(
            id=row.id,
            workspace=row.slug,
            title=row.title,
            plan=row.plan,
            audit_days=row.audit_days,
            time_zone=row.time_zone,
        )


class StaffBody(Shape):
    email: Email
    name: Line
    role: Role
    mail: StrictBool = False  # the link goes by mail too


class StaffLinkBody(Shape):
    mail: StrictBool = False


class StaffChange(Shape):
    role: Role | None = None
    disabled: StrictBool | None = None


class StaffOut(Shape):
    id: UUID
    email: str | None
    name: str | None
    role: Role
    active: bool  # has set a password
    disabled: bool
    version: int

    @classmethod
    def of(cls, row: Staff) -> Self:
        return cls(
            id=row.id,
            email=shown(row.email),
            name=shown(row.name),
            role=Role(row.role),
            active=row.password is not None,
            disabled=row.disabled_at is not None,
            version=row.version,
        )


class InvitedOut(Shape):
    staff: StaffOut
    link: LinkOut


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

    @classmethod
    def of(cls, row: BrokenGlass) -> Self:
        return cls(
            id=row.id,
            patient_id=row.patient_id,
            staff_id=row.staff_id,
            reason=row.reason.text,
            broken_at=row.broken_at,
            expires_at=row.expires_at,
        )


class GuestBody(Shape):
    kind: GuestKind
    name: Line
    patient_id: UUID | None = None
    minutes: Annotated[int, Field(ge=1, le=30), NotText] = 15  # that the link is good for
    email: Email | None = None  # where the link goes to; not kept
    language: Language | None = None  # of that letter


class GuestOut(Shape):
    id: UUID
    kind: GuestKind
    name: str
    patient_id: UUID | None

    @classmethod
    def of(cls, row: Guest) -> Self:
        kind = GuestKind(row.kind)
        return cls(id=row.id, kind=kind, name=row.name.text, patient_id=row.patient_id)


class InvitedGuestOut(Shape):
    guest: GuestOut
    link: LinkOut


Scope = Annotated[Permission, WithJsonSchema({"type": "string", "enum": sorted(SCOPES)})]


class KeyBody(Shape):
    name: Line
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=20)]
    days: Annotated[int, Field(ge=1, le=3650), NotText] | None = None  # None: until it is revoked


class KeyOut(Shape):
    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None

    @classmethod
    def of(cls, row: ApiKey) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            scopes=row.scopes.split(),
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            used_at=row.used_at,
        )


class NewKeyOut(Shape):
    key: KeyOut
    secret: str  # shown this once


class MailOut(Shape):
    """A letter on its way. Where it goes to and what it says is not told."""

    id: UUID
    kind: LetterKind
    subject_kind: str  # whom it is for
    subject_id: UUID
    meeting_id: UUID | None
    state: MailState
    reason: str | None
    tries: int
    created_at: datetime
    next_try_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Mail) -> Self:
        return cls(
            id=row.id,
            kind=LetterKind(row.kind),
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            meeting_id=row.meeting_id,
            state=MailState(row.state),
            reason=row.reason,
            tries=row.tries,
            created_at=row.created_at,
            next_try_at=row.next_at if row.state == MailState.WAITING.value else None,
            finished_at=row.finished_at,
        )


class ReportOut(Shape):
    log: str
    entries: int
    problems: list[str]


def shown(value: Private | None) -> str | None:
    return None if value is None else value.text
