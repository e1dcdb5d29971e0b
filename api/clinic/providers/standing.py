"""How a visit stands with its provider, in words for whoever looks at it."""

from dataclasses import dataclass, field
from datetime import datetime

from api.clinic.clinic import Clinic
from api.clinic.providers import conferences, rerouting
from api.clinic.states import status_of
from api.rules import plans
from api.rules.conferences import State
from api.rules.conferencing import NAMES, Lack, read
from api.rules.plans import Feature, Provider
from api.rules.providers.exchange import SENTENCES
from api.store.models import Conference, Meeting
from api.store.store import Transaction

LACKS = {
    Lack.NOT_IN_PLAN.value: "{name} is not in the clinic's plan any more.",
    **{trouble.value: sentence for trouble, sentence in SENTENCES.items()},
}
STATES = {
    State.READY: "ready",
    State.MOVING: "ready",
    State.MAKING: "waiting",
    State.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class Standing:
    state: str
    link: str | None = field(repr=False)
    instead_of: Provider | None
    reason: str | None
    detail: str | None
    retry_at: datetime | None
    fallbacks: tuple[Provider, ...]
    may_record: bool  # by its plan

    @property
    def is_here(self) -> bool:
        return self.state == "here"


async def standing_of(clinic: Clinic, tx: Transaction, meeting: Meeting) -> Standing:
    plan = plans.plan_of((await rerouting.workspace(tx)).plan)
    row = await conferences.current(tx, meeting)
    link = conferences.link_of(clinic, row)
    has_trouble = row is not None and row.reason is not None
    is_over = status_of(meeting, tx.now).is_over
    fallbacks: tuple[Provider, ...] = ()
    if has_trouble and link is None and not is_over:
        choice = await rerouting.route(clinic, tx, plan, None)
        best = () if choice.provider is None else (choice.provider, *choice.others)
        fallbacks = tuple(provider for provider in best if provider.value != meeting.provider)
    reason, detail = _why(meeting, row)
    return Standing(
        state=_state(meeting, row),
        link=link,
        instead_of=read(meeting.instead_of),
        reason=reason,
        detail=detail,
        retry_at=row.next_at if row and has_trouble and State(row.state).is_due else None,
        fallbacks=fallbacks,
        may_record=Feature.RECORDING in plans.FEATURES[plan],
    )


def _state(meeting: Meeting, row: Conference | None) -> str:
    if not conferences.is_elsewhere(meeting):
        return "here"
    return "gone" if row is None else STATES[State(row.state)]


def _why(meeting: Meeting, row: Conference | None) -> tuple[str | None, str | None]:
    """A word and a sentence: what is wrong now goes before what was."""
    if row is not None and row.reason is not None:
        return row.reason, _sentence(row.reason, row.provider)
    if meeting.instead_of is not None and meeting.lack is not None:
        return meeting.lack, _sentence(meeting.lack, meeting.instead_of)
    return None, None


def _sentence(reason: str, provider: str) -> str | None:
    known, sentence = read(provider), LACKS.get(reason)
    return None if known is None or sentence is None else sentence.format(name=NAMES[known])
