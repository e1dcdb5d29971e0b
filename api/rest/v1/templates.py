"""`/templates`: the words of a workspace's own in letters and text messages."""

from enum import StrEnum
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from api.clinic import words
from api.clinic.words import Words
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.problems import documented
from api.rest.v1.shapes import Line, Shape
from api.rules.mailing import Channel
from api.rules.roles import Permission
from api.rules.templates import ALLOWED, LONGEST
from api.rules.wording import LETTERS, LetterKind

router = APIRouter(
    prefix="/templates", tags=["templates"], dependencies=SIGNED_IN,
    responses=documented(401, 403, 422, 503),
)  # fmt: skip

Kind = StrEnum("Kind", {kind.name: kind.value for kind in ALLOWED[Channel.MAIL]})  # type: ignore[misc]
Tongue = StrEnum("Tongue", {name: name for name in LETTERS})  # type: ignore[misc]
Wording = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=max(LONGEST.values()),
        pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x09\x0b-\x1f\x7f]*$",
    ),
]


class TemplateBody(Shape):
    """`text`: with {clinic}, {time}, {length}, {link}, {answer}; null: the program's own words
    again. A text message has no subject."""

    channel: Channel
    kind: Kind
    language: Tongue
    subject: Line | None = None
    text: Annotated[Wording | None, Field(examples=[None])] = None


class TemplateOut(Shape):
    channel: Channel
    kind: LetterKind
    language: str
    subject: str | None
    text: str
    is_own: bool  # not the program's
    placeholders: list[str]  # that may be in it

    @classmethod
    def of(cls, found: Words) -> Self:
        return cls(
            channel=found.channel,
            kind=found.kind,
            language=found.language,
            subject=found.subject,
            text=found.text,
            is_own=found.is_own,
            placeholders=sorted(ALLOWED[found.channel][found.kind]),
        )


class TemplatesOut(Shape):
    items: list[TemplateOut]


@router.get("")
async def list_templates(door: DoorOf) -> TemplatesOut:
    async with door.enter(Permission.STAFF_READ) as visit:
        found = await words.list_words(visit)
        return TemplatesOut(items=[TemplateOut.of(one) for one in found])


@router.put("", responses=documented(400))
async def choose(body: TemplateBody, door: DoorOf) -> TemplateOut:
    """Words that tell of health are refused (`telling_words`), and all that is put in but a time, a
    length, the clinic's name and links (`bad_placeholder`); so are those that lack a time or a
    link (`lacking_placeholder`), or are too long (`bad_template`)."""
    kind, language = LetterKind(body.kind.value), body.language.value
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        found = await words.choose(
            visit, body.channel, kind, language, body.subject, body.text
        )  # fmt: skip
        return TemplateOut.of(found)
