"""Who works in a clinic, who is treated there, and who joins them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from api.rules.private import Private
from api.store.models.base import Base, Scoped


def belongs_to(table: str, column: str) -> ForeignKeyConstraint:
    """To a row of the same workspace."""
    return ForeignKeyConstraint(["workspace_id", column], [f"{table}.workspace_id", f"{table}.id"])


class Identified(Scoped):
    id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-1)


class Versioned(Identified):
    """Who changes it says which version was seen."""

    version: Mapped[int]

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, object]:
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]


class Staff(Versioned, Base):
    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("workspace_id", "email"),)

    email: Mapped[Private | None]  # lower case; None until the first owner has said it
    name: Mapped[Private | None]
    role: Mapped[str]
    password: Mapped[str | None]  # its argon2id hash; None: cannot sign in yet
    totp: Mapped[bytes | None]  # sealed
    totp_step: Mapped[int | None] = mapped_column(BigInteger)  # the last one used
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Patient(Versioned, Base):
    __tablename__ = "patients"

    name: Mapped[Private]
    email: Mapped[Private | None]
    phone: Mapped[Private | None]
    birth_date: Mapped[Private | None]  # YYYY-MM-DD
    language: Mapped[str | None]
    reference: Mapped[Private | None]  # their number in the clinic's records
    restricted: Mapped[bool]  # for their team alone
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class TeamMember(Scoped, Base):
    """Who may see a restricted patient."""

    __tablename__ = "care_team"
    __table_args__ = (belongs_to("patients", "patient_id"), belongs_to("staff", "staff_id"))

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(primary_key=True)


class BrokenGlass(Identified, Base):
    """Somebody has opened a restricted patient's record, for a time and with a reason."""

    __tablename__ = "broken_glasses"
    __table_args__ = (belongs_to("patients", "patient_id"), belongs_to("staff", "staff_id"))

    patient_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    reason: Mapped[Private]
    broken_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Guest(Identified, Base):
    """Family, an interpreter, a specialist: for one visit, by a link."""

    __tablename__ = "guests"
    __table_args__ = (belongs_to("patients", "patient_id"), belongs_to("staff", "invited_by"))

    kind: Mapped[str]
    name: Mapped[Private]
    patient_id: Mapped[UUID | None]
    invited_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Link(Identified, Base):
    """A one-time link of somebody's. `secret`: what it will give them, sealed."""

    __tablename__ = "links"
    __table_args__ = (
        UniqueConstraint("workspace_id", "digest"),
        belongs_to("meetings", "meeting_id"),
    )

    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    meeting_id: Mapped[UUID | None]  # the visit that it is an invitation to
    digest: Mapped[bytes]
    secret: Mapped[bytes | None]
    tries: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignIn(Identified, Base):
    """A session of somebody's."""

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("workspace_id", "digest"),
        Index("ix_sessions_subject", "workspace_id", "subject_kind", "subject_id"),
    )

    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    digest: Mapped[bytes]
    begun_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ApiKey(Identified, Base):
    """Of an integration, by whose `name` two live ones belong together."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("workspace_id", "digest"),)

    name: Mapped[str]
    scopes: Mapped[str]  # separated by spaces
    digest: Mapped[bytes]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
