"""Where somebody is signed in: looked at, and ended one by one or all at once."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from api.clinic.caller import Visit
from api.clinic.clinic import Clinic, end_sessions, get
from api.clinic.errors import Forbidden
from api.rules.auditing import Act, Actor, ActorKind, Origin
from api.rules.bearers import Bearer
from api.rules.sessions import end_of
from api.store.models import SignIn, Staff
from api.store.store import Transaction


async def list_sessions(visit: Visit) -> list[SignIn]:
    """The caller's own that are not over, the newest first. Raises Forbidden."""
    check_person(visit)
    return [one for one in await _running(visit.tx, visit.caller.id) if _is_live(visit, one)]


async def end(visit: Visit, id: UUID) -> None:
    """One of the caller's own. Raises Forbidden, Missing."""
    check_person(visit)
    own = (SignIn.subject_id == visit.caller.id, SignIn.ended_at.is_(None))
    session = await get(visit.tx, SignIn, id, "session", *own)
    session.ended_at = visit.tx.now
    _tell(visit, "session.end", visit.caller.id, 1)


async def end_all(visit: Visit) -> None:
    """All of the caller's own, this one too. Raises Forbidden."""
    check_person(visit)
    _tell(visit, "session.end", visit.caller.id, await end_sessions(visit.tx, visit.caller.id))


async def end_all_of(visit: Visit, id: UUID) -> None:
    """All of a colleague's. Raises Missing."""
    staff = await get(visit.tx, Staff, id, "member of staff")
    _tell(visit, "session.end", staff.id, await end_sessions(visit.tx, staff.id))


async def replace(clinic: Clinic, origin: Origin, bearer: Bearer) -> None:
    """Who signs in anew has the new session alone. Raises Unavailable."""
    async with clinic.store.writing(bearer.workspace, origin=origin) as tx:
        query = select(SignIn).where(SignIn.digest == bearer.digest, SignIn.ended_at.is_(None))
        session = await tx.session.scalar(query)
        if session is None:
            return
        session.ended_at = tx.now
        tx.by = Actor(ActorKind(session.subject_kind), str(session.subject_id))
        detail = {"by": "signing in anew"}
        tx.tell(Act("session.end", session.subject_kind, str(session.subject_id), detail=detail))


def check_person(visit: Visit) -> None:
    """Raises Forbidden."""
    if visit.caller.session is None:
        raise Forbidden("forbidden", "Only people have sessions: revoke a key to end its use.")


async def _running(tx: Transaction, subject: UUID) -> Sequence[SignIn]:
    query = select(SignIn).where(SignIn.subject_id == subject, SignIn.ended_at.is_(None))
    return (await tx.session.scalars(query.order_by(SignIn.begun_at.desc(), SignIn.id))).all()


def _is_live(visit: Visit, one: SignIn) -> bool:
    in_call_at = visit.clinic.presence.last(f"{one.subject_kind}-{one.subject_id}")
    over = end_of(
        ended_at=one.ended_at, expires_at=one.expires_at, seen_at=one.seen_at,
        in_call_at=in_call_at, now=visit.tx.now,
    )  # fmt: skip
    return over is None


def _tell(visit: Visit, what: str, of: UUID, count: int) -> None:
    kind = visit.caller.kind.value if of == visit.caller.id else ActorKind.STAFF.value
    visit.tx.tell(Act(what, kind, str(of), detail={"sessions": count}))
