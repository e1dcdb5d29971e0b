"""What goes in and out of signing in, as JSON."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.rest.v1.shapes import Day, Email, Line, Shape, Slug, Text
from api.rules.credentials import LONGEST, SHORTEST
from api.rules.roles import Permission, Role
from api.store.models import SignIn


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


class PasswordBody(Shape):
    current: Text
    code: Text
    password: Annotated[str, Field(min_length=SHORTEST, max_length=LONGEST)]  # the new one


class RunningOut(Shape):
    """A session that is not over."""

    id: UUID
    begun_at: datetime
    seen_at: datetime  # to the minute
    expires_at: datetime  # at the latest
    current: bool  # the one that asks

    @classmethod
    def of(cls, row: SignIn, *, is_current: bool) -> Self:
        return cls(
            id=row.id,
            begun_at=row.begun_at,
            seen_at=row.seen_at,
            expires_at=row.expires_at,
            current=is_current,
        )


class SessionsOut(Shape):
    items: list[RunningOut]


class WhoOut(Shape):
    workspace: str
    title: str
    kind: str
    id: UUID
    name: str | None
    role: Role | None
    permissions: list[Permission]
    language: str | None = None  # of a patient, as it is recorded


class SessionOut(Shape):
    kind: str
    id: UUID
    expires_at: datetime
    meeting_id: UUID | None = None  # the visit that the link was an invitation to
