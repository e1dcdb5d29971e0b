"""The people who work in a clinic."""

from uuid import UUID

from sqlalchemy import select

from api.clinic.caller import Visit
from api.clinic.clinic import end_links, end_sessions, get, make_link
from api.clinic.errors import Changed, InTheWay
from api.clinic.setup import new_staff
from api.rules.auditing import Act, ActorKind
from api.rules.bearers import Bearer
from api.rules.private import Private
from api.rules.roles import Role
from api.rules.sessions import LINK_OF_STAFF
from api.store.models import Link, Staff


async def invite(visit: Visit, role: Role, email: str, name: str) -> tuple[Staff, Bearer, Link]:
    """Somebody new, and the link by which they set their password. Raises InTheWay."""
    address = Private(email.strip().lower())
    taken = await visit.tx.session.scalar(select(Staff.id).where(Staff.email == address))
    if taken is not None:
        raise InTheWay("email_taken", "Somebody here has this e-mail address already.")
    staff = new_staff(visit.tx, role)
    staff.email, staff.name = address, Private(name.strip())
    await visit.tx.session.flush()
    return (staff, *await _link(visit, staff))


async def invite_again(visit: Visit, id: UUID) -> tuple[Staff, Bearer, Link]:
    """A new link for who has lost a password or an authenticator: the old ones hold until it is
    used. Raises Missing."""
    staff = await get(visit.tx, Staff, id, "member of staff")
    return (staff, *await _link(visit, staff))


async def _link(visit: Visit, staff: Staff) -> tuple[Bearer, Link]:
    subject = (ActorKind.STAFF, staff.id)
    await end_links(visit.tx, subject)
    visit.tx.tell(Act("staff.invite", "staff", str(staff.id), detail={"role": staff.role}))
    return make_link(visit.tx, visit.caller.workspace, subject, LINK_OF_STAFF)


async def list_staff(visit: Visit, after: UUID | None, limit: int) -> list[Staff]:
    query = select(Staff).order_by(Staff.id).limit(limit)
    if after is not None:
        query = query.where(Staff.id > after)
    return list((await visit.tx.session.scalars(query)).all())


async def change(
    visit: Visit, id: UUID, seen: int | None, *, role: Role | None, is_disabled: bool | None
) -> Staff:
    """Raises Missing, Changed, InTheWay."""
    staff = await get(visit.tx, Staff, id, "member of staff")
    check_version(staff.version, seen)
    changes: dict[str, object] = {}
    if role is not None and role.value != staff.role:
        changes["role"] = staff.role = role.value
    if is_disabled is not None and is_disabled != (staff.disabled_at is not None):
        staff.disabled_at = visit.tx.now if is_disabled else None
        changes["disabled"] = is_disabled
    await visit.tx.session.flush()
    if not await _an_owner_is_left(visit):
        raise InTheWay("last_owner", "Somebody else has to be an owner first.")
    if changes.get("disabled"):
        await end_sessions(visit.tx, staff.id)
        await end_links(visit.tx, (ActorKind.STAFF, staff.id))
    visit.tx.tell(Act("staff.change", "staff", str(staff.id), detail=changes))
    return staff


async def _an_owner_is_left(visit: Visit) -> bool:
    query = select(Staff.id).where(
        Staff.role == Role.OWNER.value, Staff.disabled_at.is_(None), Staff.password.is_not(None)
    )
    return await visit.tx.session.scalar(query.limit(1)) is not None


def check_version(version: int, seen: int | None) -> None:
    """Raises Changed."""
    if seen is not None and seen != version:
        raise Changed("changed", "Somebody else has changed this meanwhile: load it again.")
