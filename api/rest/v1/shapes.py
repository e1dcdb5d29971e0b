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
# Ends of lines, and what has others be shown backwards.
CONTROL = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
# Some scripts and pictures need these between others; alone nobody sees them.
UNSEEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u2800"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
# With something to be seen in it: of blanks alone nothing is left.
LEGIBLE = rf"^[^{CONTROL}]*[^\s{CONTROL}{UNSEEN}][^{CONTROL}]*$"
ADDRESS = r"^[^@\s\x00-\x1f\x7f-\xa0]+@[^@\s\x00-\x1f\x7f-\xa0]+$"
NUMBER = r"^\+?[0-9 ()/.-]+$"
TAG = r"^[A-Za-z0-9-]+$"
# What to write where a pattern does not hold.
ASKED = {
    LEGIBLE: "Words are needed, on one line and without hidden characters",
    ADDRESS: "An e-mail address is needed, name@home.example for one",
    NUMBER: "A telephone number is needed, +49 30 901820 for one",
    TAG: "A language is needed as browsers name it, en or pt-BR for one",
}
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
        pattern=ADDRESS,
    ),
]
Slug = Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z0-9-]+$")]
Phone = Annotated[str, StringConstraints(max_length=32, pattern=NUMBER)]
Language = Annotated[str, StringConstraints(max_length=35, pattern=TAG)]
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
