"""What goes in and out of staff, as JSON."""

from typing import Self
from uuid import UUID

from pydantic import StrictBool

from api.rest.v1.shapes import Email, Line, LinkOut, Shape, shown
from api.rules.roles import Role
from api.store.models import Staff


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
