"""Owners are written to when somebody breaks the glass."""

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import select

from api.clinic.caller import Visit, workspace_of
from api.clinic.errors import Refusal
from api.clinic.letters import Letter, shown_time
from api.clinic.outbox import post
from api.rules.auditing import ActorKind
from api.rules.roles import Role
from api.rules.wording import LetterKind
from api.store.models import Staff

OF_USE = timedelta(days=7)  # that the letter is tried to be sent


async def tell_owners(visit: Visit) -> None:
    """Neither who nor whose: that is shown to those who sign in. One letter for several within a
    minute, and none where nobody can be written to: an emergency waits for no mail."""
    if visit.clinic.mail.sender is None:
        return
    workspace = await workspace_of(visit)
    query = select(Staff).where(Staff.role == Role.OWNER.value, Staff.disabled_at.is_(None))
    values = {
        "clinic": workspace.title,
        "time": shown_time(visit.tx.now, workspace.time_zone),
        "link": visit.clinic.mail.page,
    }
    for owner in (await visit.tx.session.scalars(query)).all():
        if owner.email is not None:
            subject = (ActorKind.STAFF, owner.id)
            until = visit.tx.now + OF_USE
            letter = Letter(LetterKind.GLASS, owner.email, subject, until, None, values)
            with suppress(Refusal):
                await post(visit.clinic, visit.tx, workspace.id, letter)
