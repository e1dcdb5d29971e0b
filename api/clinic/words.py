"""What messages say: the words of the workspace's own, or ours."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from api.clinic.caller import Visit
from api.clinic.errors import Refusal
from api.rules.auditing import Act
from api.rules.mailing import Channel
from api.rules.templates import ALLOWED, fault
from api.rules.textwording import TEXTS, main_language
from api.rules.wording import LETTERS, LetterKind, Wording, wording_for
from api.store.models import Template
from api.store.store import Transaction


@dataclass(frozen=True, slots=True)
class Words:
    """Of one kind of message in one language. `is_own`: the workspace has chosen them."""

    channel: Channel
    kind: LetterKind
    language: str
    subject: str | None
    text: str
    is_own: bool


async def words_for(
    tx: Transaction, channel: Channel, kind: LetterKind, language: str | None
) -> Wording:
    """Subject and text; a text message has no subject."""
    main = main_language(language, LETTERS)
    if kind in ALLOWED[channel]:
        own = await _own(tx, channel, kind, main)
        if own is not None:
            title = wording_for(kind, main).title
            return Wording(own.subject or "", own.text, title)
    if channel is Channel.SMS:
        return Wording("", TEXTS[main][kind])
    return wording_for(kind, main)


async def list_words(visit: Visit) -> Sequence[Words]:
    """All that can be chosen, as they are now."""
    own = {
        (row.channel, row.kind, row.language): row
        for row in await visit.tx.session.scalars(select(Template))
    }
    found = []
    for channel, kinds in ALLOWED.items():
        for kind in kinds:
            for language in LETTERS:
                row = own.get((channel.value, kind.value, language))
                found.append(_shown(channel, kind, language, row))
    return found


async def choose(
    visit: Visit,
    channel: Channel,
    kind: LetterKind,
    language: str,
    subject: str | None,
    text: str | None,
) -> Words:
    """`text` None: the program's own again. Raises Refusal."""
    if kind not in ALLOWED[channel]:
        raise Refusal("bad_template", f"There is no {kind.value} by {channel.value} to choose.")
    if text is not None and (why := fault(channel, kind, subject, text)) is not None:
        raise Refusal(why.word, why.sentence)
    tx = visit.tx
    row = await _own(tx, channel, kind, language)
    if text is None:
        if row is not None:
            await tx.session.delete(row)
        row = None
    else:
        if row is None:
            row = Template(id=tx.new_id(), channel=channel, kind=kind, language=language)
            tx.session.add(row)
        row.subject, row.text = subject, text
        row.changed_at, row.changed_by = tx.now, visit.staff_id
    detail = {"channel": channel.value, "kind": kind.value, "language": language}
    tx.tell(Act("template.change", "template", detail=detail | {"own": text is not None}))
    return _shown(channel, kind, language, row)


async def _own(
    tx: Transaction, channel: Channel, kind: LetterKind, language: str
) -> Template | None:
    query = select(Template).where(
        Template.channel == channel.value,
        Template.kind == kind.value,
        Template.language == language,
    )
    found: Template | None = await tx.session.scalar(query)
    return found


def _shown(channel: Channel, kind: LetterKind, language: str, row: Template | None) -> Words:
    if row is not None:
        return Words(channel, kind, language, row.subject, row.text, True)
    if channel is Channel.SMS:
        return Words(channel, kind, language, None, TEXTS[language][kind], False)
    ours = wording_for(kind, language)
    return Words(channel, kind, language, ours.subject, ours.text, False)
