"""Links by mail."""

from datetime import datetime
from uuid import UUID

from api.clinic.caller import Visit, workspace_of
from api.clinic.errors import InTheWay
from api.clinic.letters import Letter, shown_time
from api.clinic.outbox import check_mail, post
from api.rules.auditing import ActorKind
from api.rules.private import Private
from api.rules.wording import LetterKind
from api.store.models import Mail

KINDS = {
    ActorKind.STAFF: LetterKind.STAFF,
    ActorKind.PATIENT: LetterKind.PATIENT,
    ActorKind.GUEST: LetterKind.GUEST,
}


async def mail_link(
    visit: Visit,
    subject: tuple[ActorKind, UUID],
    to: Private | None,
    language: str | None,
    url: str,
    until: datetime,
) -> Mail:
    """Raises InTheWay, TooMany."""
    check_mail(visit.clinic)
    if to is None:
        sentence = "There is no e-mail address: add one, or hand over the link."
        raise InTheWay("no_address", sentence)
    workspace = await workspace_of(visit)
    values = {
        "clinic": workspace.title,
        "link": url,
        "until": shown_time(until, workspace.time_zone),
    }
    letter = Letter(KINDS[subject[0]], to, subject, until, language, values)
    return await post(visit.clinic, visit.tx, workspace.id, letter)
