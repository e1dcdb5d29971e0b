"""Where a visit takes place: chosen when it is made, changed when somebody wants another place, or
when a provider does not do what it was asked for."""

from uuid import UUID

from sqlalchemy import select

from api.clinic import announcing
from api.clinic.caller import Caller, Visit
from api.clinic.clinic import Clinic
from api.clinic.providers import conferences
from api.clinic.providers.connecting import usable
from api.clinic.settling import participants_of
from api.rules import plans
from api.rules.auditing import Act, ActorKind
from api.rules.conferencing import Choice, choose, read
from api.rules.plans import AUTO, Plan, Provider
from api.store.models import Conference, Meeting, Workspace
from api.store.store import Transaction

KEPT = "workspace"  # in the `info` of a session
NOBODY = UUID(int=0)  # in place of a caller: the program itself


async def route(clinic: Clinic, tx: Transaction, plan: Plan, wanted: Provider | None) -> Choice:
    """By what is connected now."""
    default = read((await workspace(tx)).conferencing)
    return choose(plan, wanted, default, await usable(clinic, tx))


async def replace(clinic: Clinic, tx: Transaction, meeting: Meeting, row: Conference) -> bool:
    """The best place after one that cannot be had; whether there is any. Who has named a provider
    decides about another one."""
    if meeting.conferencing != AUTO:
        return False
    failed = {
        Provider(one.provider)
        for one in await conferences.conferences_of(tx, meeting)
        if one.reason is not None
    }
    plan = plans.plan_of((await workspace(tx)).plan)
    default = read((await workspace(tx)).conferencing)
    choice = choose(plan, None, default, await usable(clinic, tx) - failed)
    found = choice.provider
    people = len(await participants_of(tx, meeting))
    if found is Provider.LIVEKIT and not plans.has_room(plan, people - 1):
        found = next(iter(choice.others), None)
    if found is None or found in failed:
        return False
    if meeting.instead_of is None:
        meeting.instead_of, meeting.lack = row.provider, row.reason
    conferences.end_one(clinic, tx, row)
    meeting.provider = found.value
    detail = {"provider": meeting.provider, "instead_of": row.provider}
    tx.tell(Act("meeting.reroute", "meeting", str(meeting.id), reason=row.reason, detail=detail))
    if conferences.is_elsewhere(meeting):
        conferences.add(tx, meeting)
    else:
        await announce(clinic, tx, meeting)
    return True


def take(meeting: Meeting, wanted: Provider | None, choice: Choice) -> None:
    """Write down where it takes place, and where it was to be."""
    assert choice.provider is not None
    meeting.conferencing = wanted.value if wanted else AUTO
    meeting.provider = choice.provider.value
    meeting.instead_of = choice.instead_of.value if choice.instead_of else None
    meeting.lack = choice.lack.value if choice.lack else None


async def announce(clinic: Clinic, tx: Transaction, meeting: Meeting) -> None:
    """There is a link now: those who were invited with another one get it."""
    visit = Visit(clinic, tx, Caller(meeting.workspace_id, ActorKind.SYSTEM, NOBODY))
    if await announcing.invitations_to(visit, meeting):
        meeting.sequence += 1
        await announcing.tell_rerouted(visit, meeting)


async def workspace(tx: Transaction) -> Workspace:
    """Asked for once in a transaction: lists of visits need it for each."""
    kept: Workspace | None = tx.session.info.get(KEPT)
    if kept is None:
        kept = tx.session.info[KEPT] = (await tx.session.scalars(select(Workspace))).one()
    return kept
