"""The only way into a workspace that one does not work in: as somebody of an HQ that serves it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy import select

from api.clinic.caller import Caller, Visit, demand, workspace_of
from api.clinic.clinic import Clinic
from api.clinic.errors import Forbidden, missing
from api.clinic.hq.agreements import check_plan, find, is_agreed
from api.rules.auditing import Act, ActorKind, Origin, Outcome
from api.rules.hq import Clinician, Side, State
from api.rules.participation import BY_ROLE, Part
from api.rules.private import Private
from api.rules.roles import Permission
from api.store.models import HqLink, HqProfile, Staff

NOT_SERVED = "not_served"


@dataclass(frozen=True, slots=True)
class Envoy:
    """A clinician of an HQ, as that knows them; `served`: the workspaces that have agreed."""

    caller: Caller  # in the HQ
    name: Private | None
    skilled: Clinician
    served: Sequence[HqLink]

    @property
    def hq(self) -> UUID:
        return self.caller.workspace


async def envoy(visit: Visit) -> Envoy:
    """Whoever asks, in their own workspace. Raises Forbidden."""
    demand(visit.tx, visit.caller, Permission.MEETINGS_HOST)
    role = visit.caller.role
    if visit.staff_id is None or role is None or BY_ROLE.get(role) is not Part.CLINICIAN:
        raise Forbidden("clinicians_only", "Only clinicians take patients of other workspaces.")
    check_plan(await workspace_of(visit))
    session = visit.tx.session
    staff = (await session.scalars(select(Staff).where(Staff.id == visit.staff_id))).one()
    profile = await session.scalar(select(HqProfile).where(HqProfile.id == visit.staff_id))
    skilled = Clinician() if profile is None else clinician_of(profile)
    query = select(HqLink).where(
        HqLink.side == Side.SERVES.value, HqLink.state == State.AGREED.value
    )
    served = (await session.scalars(query.order_by(HqLink.id))).all()
    return Envoy(visit.caller, staff.name, skilled, served)


def clinician_of(profile: HqProfile) -> Clinician:
    return Clinician(profile.languages.split(), profile.skills.splitlines())


async def announce(
    visit: Visit, what: str, workspace: UUID, meeting: UUID, *, finishes: bool = False
) -> Envoy:
    """Before anything is done there, the HQ's own log says that it is asked for. `finishes`: as
    with `there`. Raises Missing, Forbidden."""
    found = await envoy(visit)
    row = await find(visit.tx, Side.SERVES, workspace)
    if row is None or not (finishes or row.state == State.AGREED):
        raise missing("workspace that this one serves")
    detail = {"workspace": str(workspace)}
    visit.tx.tell(Act(f"hq.{what}", "meeting", str(meeting), detail=detail))
    return found


@asynccontextmanager
async def there(
    clinic: Clinic, envoy: Envoy, workspace: UUID, origin: Origin, *, finishes: bool = False
) -> AsyncIterator[Visit]:
    """A transaction of the other workspace alone. `finishes`: what was begun under an agreement may
    come to its end when that has ended. Raises Missing, Forbidden."""
    caller = Caller(
        workspace,
        ActorKind.HQ,
        envoy.caller.id,
        envoy.caller.role,
        session=uuid5(workspace, str(envoy.caller.session)),
    )
    async with clinic.store.writing(workspace, caller.actor, origin) as tx:
        visit = Visit(clinic, tx, caller)
        if not finishes:
            if not await is_agreed(tx, Side.SERVED, envoy.hq):
                detail = {"hq": str(envoy.hq)}
                tx.tell(Act("hq.refuse", None, None, Outcome.REFUSED, NOT_SERVED, detail))
                raise Forbidden("not_served", "That workspace does not let this one serve it now.")
            check_plan(await workspace_of(visit))
        yield visit
