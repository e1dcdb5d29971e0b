"""Agreements: offered by a workspace, accepted by the HQ, ended by either; told to both logs.

Each side has a row of its own, written in a transaction of its own. What the served workspace's row
says holds, so that its end counts at once, whatever becomes of the other row.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from api.clinic.caller import Visit, workspace_of
from api.clinic.clinic import Clinic, get
from api.clinic.errors import Forbidden, InTheWay
from api.clinic.meetings import plan_required
from api.rules.auditing import Act
from api.rules.hq import Side, State
from api.rules.plans import FEATURES, Feature, plan_of
from api.store.models import HqLink, Workspace
from api.store.store import Transaction

WHAT = "a queue for several workspaces"


def check_plan(workspace: Workspace) -> None:
    """Raises Forbidden."""
    if Feature.HQ_QUEUE not in FEATURES[plan_of(workspace.plan)]:
        raise plan_required(Feature.HQ_QUEUE, WHAT)


async def list_links(visit: Visit, side: Side) -> Sequence[HqLink]:
    """Raises Forbidden."""
    check_plan(await workspace_of(visit))
    query = select(HqLink).where(HqLink.side == side.value).order_by(HqLink.created_at, HqLink.id)
    return (await visit.tx.session.scalars(query)).all()


async def offer(visit: Visit, slug: str) -> HqLink:
    """To the HQ of that name; a second time changes nothing. Raises Forbidden, InTheWay."""
    own = await workspace_of(visit)
    check_plan(own)
    hq = await _named(visit.clinic, slug)
    if hq.id == own.id:
        raise InTheWay("is_itself", "A workspace needs no agreement with itself: name another.")
    if Feature.HQ_QUEUE not in FEATURES[plan_of(hq.plan)]:
        raise Forbidden("plan_required", f"{slug} has not the plan for {WHAT}.")
    row = await find(visit.tx, Side.SERVED, hq.id)
    if row is None:
        row = _new(visit.tx, Side.SERVED, hq, visit.staff_id)
    elif row.state == State.ENDED:
        _set(visit.tx, row, State.OFFERED, visit.staff_id)
    visit.tx.tell(Act("hq.offer", "workspace", str(hq.id)))
    if row.state == State.OFFERED:
        visit.tx.afterwards.append(
            lambda: _mirror(visit.clinic, hq.id, Side.SERVES, own, State.OFFERED)
        )
    return row


async def accept(visit: Visit, id: UUID) -> HqLink:
    """The offer of a workspace, as its HQ. Raises Missing, Forbidden, InTheWay."""
    own = await workspace_of(visit)
    check_plan(own)
    row = await get(visit.tx, HqLink, id, "agreement", HqLink.side == Side.SERVES.value)
    if row.state == State.ENDED:
        raise InTheWay(
            "agreement_over", "This agreement has ended: the other workspace can offer it anew."
        )
    if row.state == State.OFFERED:
        _set(visit.tx, row, State.AGREED, visit.staff_id)
    visit.tx.tell(Act("hq.accept", "workspace", str(row.other_id)))
    served = row.other_id
    visit.tx.afterwards.append(lambda: _agree(visit.clinic, served, own))
    return row


async def end(visit: Visit, id: UUID, side: Side) -> None:
    """A second time changes nothing. Raises Missing."""
    own = await workspace_of(visit)
    row = await get(visit.tx, HqLink, id, "agreement", HqLink.side == side.value)
    if row.state != State.ENDED:
        _set(visit.tx, row, State.ENDED, visit.staff_id)
        visit.tx.tell(Act("hq.end", "workspace", str(row.other_id)))
    other, theirs = row.other_id, Side.SERVES if side is Side.SERVED else Side.SERVED
    visit.tx.afterwards.append(lambda: _mirror(visit.clinic, other, theirs, own, State.ENDED))


async def find(tx: Transaction, side: Side, other: UUID) -> HqLink | None:
    query = select(HqLink).where(HqLink.side == side.value, HqLink.other_id == other)
    found: HqLink | None = await tx.session.scalar(query)
    return found


async def is_agreed(tx: Transaction, side: Side, other: UUID) -> bool:
    row = await find(tx, side, other)
    return row is not None and row.state == State.AGREED


async def _agree(clinic: Clinic, served: UUID, hq: Workspace) -> None:
    """With the served workspace; if that has ended it meanwhile, here too."""
    await _mirror(clinic, served, Side.SERVED, hq, State.AGREED)
    async with clinic.store.reading(served) as tx:
        agreed = await is_agreed(tx, Side.SERVED, hq.id)
    if not agreed:
        await note_end(clinic, hq.id, served)


async def note_end(clinic: Clinic, hq: UUID, served: UUID) -> None:
    """In the HQ, which has not heard of it."""
    async with clinic.store.writing(hq) as tx:
        row = await find(tx, Side.SERVES, served)
        if row is not None and row.state != State.ENDED:
            _set(tx, row, State.ENDED, None)
            tx.tell(Act("hq.ended", "workspace", str(served)))


async def _mirror(clinic: Clinic, where: UUID, side: Side, other: Workspace, state: State) -> None:
    """Write the other side's row. An end is not undone by what was under way; raises Unavailable,
    and may be asked for again."""
    async with clinic.store.writing(where) as tx:
        row = await find(tx, side, other.id)
        if row is None:
            if side is Side.SERVED or state is State.ENDED:
                return
            row = _new(tx, side, other, None)
        elif row.state == state or (row.state == State.ENDED and side is Side.SERVED):
            return
        else:
            _set(tx, row, state, None)
        tx.tell(Act(f"hq.{state.value}", "workspace", str(other.id)))


def _new(tx: Transaction, side: Side, other: Workspace, by: UUID | None) -> HqLink:
    row = HqLink(
        id=tx.new_id(),
        side=side.value,
        other_id=other.id,
        other_slug=other.slug,
        other_title=other.title,
        state=State.OFFERED.value,
        created_at=tx.now,
        changed_at=tx.now,
        changed_by=by,
    )
    tx.session.add(row)
    return row


def _set(tx: Transaction, row: HqLink, state: State, by: UUID | None) -> None:
    row.state, row.changed_at, row.changed_by = state.value, tx.now, by


async def _named(clinic: Clinic, slug: str) -> Workspace:
    """Raises InTheWay."""
    found = [one for one in await clinic.workspaces() if one.slug == slug]
    if not found:
        raise InTheWay("unknown_hq", "There is no workspace by that name: ask the HQ for it.")
    return found[0]
