"""Family, interpreters, specialists: each by a one-time link that ends soon."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from api.clinic.caller import Visit
from api.clinic.clinic import end_links, end_sessions, get, make_link
from api.clinic.patients import find
from api.rules.auditing import Act, ActorKind
from api.rules.bearers import Bearer
from api.rules.private import Private
from api.store.models import Guest, Link


class GuestKind(StrEnum):
    FAMILY = "family"
    INTERPRETER = "interpreter"
    SPECIALIST = "specialist"


async def invite(
    visit: Visit, kind: GuestKind, name: str, patient_id: UUID | None, validity: timedelta
) -> tuple[Guest, Bearer, Link]:
    """Raises Missing, Forbidden."""
    if patient_id is not None:
        await find(visit, patient_id)
    guest = Guest(
        id=visit.tx.new_id(),
        kind=kind.value,
        name=Private(name.strip()),
        patient_id=patient_id,
        invited_by=visit.staff_id,
        created_at=visit.tx.now,
        revoked_at=None,
    )
    visit.tx.session.add(guest)
    await visit.tx.session.flush()
    detail = {"kind": kind.value, "patient": str(patient_id) if patient_id else None}
    visit.tx.tell(Act("guest.invite", "guest", str(guest.id), detail=detail))
    subject = (ActorKind.GUEST, guest.id)
    return (guest, *make_link(visit.tx, visit.caller.workspace, subject, validity))


async def list_guests(visit: Visit, after: UUID | None, limit: int) -> list[Guest]:
    query = select(Guest).where(Guest.revoked_at.is_(None)).order_by(Guest.id).limit(limit)
    if after is not None:
        query = query.where(Guest.id > after)
    found = list((await visit.tx.session.scalars(query)).all())
    visit.tx.tell(Act("guest.list", detail={"ids": [str(g.id) for g in found]}))
    return found


async def revoke(visit: Visit, id: UUID) -> None:
    """Their link and their session end. Raises Missing."""
    guest = await get(visit.tx, Guest, id, "guest")
    if guest.revoked_at is None:
        guest.revoked_at = visit.tx.now
        await end_links(visit.tx, (ActorKind.GUEST, id))
        await end_sessions(visit.tx, id)
        visit.tx.tell(Act("guest.revoke", "guest", str(id)))
