"""What goes in and out, as JSON."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from api.rules.private import Private

PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
# With something to be seen in it: of blanks alone nothing is left.
LEGIBLE = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=LEGIBLE)
]
Paragraph = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=LEGIBLE)
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


# What the machine's own files are called is no zone that people name.
ZONES = frozenset(available_timezones()) - {"localtime", "Factory", "posixrules"}
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


class LinkOut(Shape):
    url: str
    expires_at: datetime
    mail_id: UUID | None = None  # of the letter, if one was asked for


def shown(value: Private | None) -> str | None:
    return None if value is None else value.text
