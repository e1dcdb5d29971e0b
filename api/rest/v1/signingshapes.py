"""What goes in and out of signing in, as JSON."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.rest.v1.shapes import Day, Email, Line, Shape, Slug, Text
from api.rules.credentials import LONGEST, SHORTEST
from api.rules.roles import Permission, Role


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
    language: str | None = None  # of a patient, as it is recorded


class SessionOut(Shape):
    kind: str
    id: UUID
    expires_at: datetime
    meeting_id: UUID | None = None  # the visit that the link was an invitation to
