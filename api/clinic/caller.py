"""Who asks, and what they may do: looked up at the beginning of each transaction."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from api.clinic.clinic import Clinic
from api.clinic.errors import Forbidden, TooMany, Unknown
from api.clinic.presence import identity_of
from api.rules.auditing import STRANGER, Act, Actor, ActorKind, Origin, Outcome
from api.rules.bearers import Bearer, Purpose
from api.rules.roles import ALLOWED, SCOPES, Permission, Role
from api.rules.sessions import TOUCH, End, end_of
from api.store.models import ApiKey, Guest, Patient, SignIn, Staff, Workspace
from api.store.store import Transaction

SENTENCES = {
    End.SIGNED_OFF: "You have signed out. Sign in again.",
    End.TOO_LONG: "You have been signed in for long enough. Sign in again.",
    End.IDLE: "You were signed out because nothing happened for a while. Sign in again.",
}


def not_known() -> Unknown:
    return Unknown("not_signed_in", "Sign in first.")


@dataclass(frozen=True, slots=True)
class Caller:
    workspace: UUID
    kind: ActorKind
    id: UUID
    role: Role | None = None
    permissions: frozenset[Permission] = frozenset()
    session: UUID | None = None

    @property
    def actor(self) -> Actor:
        return Actor(self.kind, str(self.id), self.role.value if self.role else None)


@dataclass(slots=True)
class Visit:
    """One request of a caller's."""

    clinic: Clinic
    tx: Transaction
    caller: Caller

    @property
    def staff_id(self) -> UUID | None:
        """None for an integration."""
        return self.caller.id if self.caller.kind is ActorKind.STAFF else None

    def ring(self) -> None:
        """Once this is committed, whoever waits for news of the workspace looks again."""

        async def ring() -> None:
            self.clinic.news.ring(self.caller.workspace)

        self.tx.afterwards.append(ring)


@asynccontextmanager
async def enter(
    clinic: Clinic,
    bearer: Bearer | None,
    origin: Origin,
    needed: Permission | None = None,
    *,
    is_attended: bool = True,
) -> AsyncIterator[Visit]:
    """The transaction of a request. Raises Unknown, TooMany, and Forbidden, which is told to the
    audit log.

    `is_attended`: not by a page that asks of its own accord, with perhaps nobody in front of it.
    """
    if bearer is None or bearer.purpose is Purpose.LINK:
        raise not_known()
    _spend(clinic, bearer)
    async with clinic.store.writing(bearer.workspace, STRANGER, origin) as tx:
        caller = await recognise(clinic, tx, bearer, is_attended=is_attended)
        tx.by = caller.actor
        if needed is not None:
            demand(tx, caller, needed)
        yield Visit(clinic, tx, caller)


def _spend(clinic: Clinic, bearer: Bearer) -> None:
    """One request. Raises TooMany."""
    if clinic.asking is None:
        return
    key, now = bearer.digest.hex(), clinic.monotonic()
    if not clinic.asking.spend(key, now):
        wait = clinic.asking.wait(key, now)
        raise TooMany("too_many_requests", f"Too many requests: wait {math.ceil(wait)} s.", wait)


def demand(tx: Transaction, caller: Caller, needed: Permission) -> None:
    """Raises Forbidden."""
    if needed in caller.permissions:
        return
    detail = {"permission": needed.value}
    tx.tell(Act("permission.refuse", outcome=Outcome.REFUSED, reason="forbidden", detail=detail))
    raise Forbidden("forbidden", f"This needs the permission {needed.value}: ask the owner for it.")


async def recognise(
    clinic: Clinic, tx: Transaction, bearer: Bearer, *, is_attended: bool = True
) -> Caller:
    """Raises Unknown."""
    if bearer.purpose is Purpose.KEY:
        return await _by_key(tx, bearer)
    session = await tx.session.scalar(select(SignIn).where(SignIn.digest == bearer.digest))
    if session is None:
        raise not_known()
    names = (session.subject_kind, ActorKind.HQ.value)  # here, or in a visit taken elsewhere
    calls = [clinic.presence.last(identity_of(name, session.subject_id)) for name in names]
    in_call_at = max((at for at in calls if at is not None), default=None)
    end = end_of(
        ended_at=session.ended_at,
        expires_at=session.expires_at,
        seen_at=session.seen_at,
        in_call_at=in_call_at,
        now=tx.now,
    )
    if end is not None:
        raise Unknown(end.value, SENTENCES[end])
    if is_attended and tx.now - session.seen_at >= TOUCH:
        session.seen_at = tx.now
    return await _by_session(tx, bearer.workspace, session)


async def _by_session(tx: Transaction, workspace: UUID, session: SignIn) -> Caller:
    kind = ActorKind(session.subject_kind)
    if kind is ActorKind.STAFF:
        staff = await tx.session.scalar(select(Staff).where(Staff.id == session.subject_id))
        if staff is None or staff.disabled_at is not None:
            raise not_known()
        role = Role(staff.role)
        return Caller(workspace, kind, staff.id, role, ALLOWED[role], session.id)
    if not await is_welcome(tx, kind, session.subject_id):
        raise not_known()
    return Caller(workspace, kind, session.subject_id, session=session.id)


async def is_welcome(tx: Transaction, kind: ActorKind, id: UUID) -> bool:
    """Whether a patient or guest is still one."""
    if kind is ActorKind.PATIENT:
        patient = await tx.session.scalar(select(Patient).where(Patient.id == id))
        return patient is not None and patient.archived_at is None
    guest = await tx.session.scalar(select(Guest).where(Guest.id == id))
    return guest is not None and guest.revoked_at is None


async def _by_key(tx: Transaction, bearer: Bearer) -> Caller:
    key = await tx.session.scalar(select(ApiKey).where(ApiKey.digest == bearer.digest))
    if key is None or not is_live(key, tx):
        raise Unknown("key_not_live", "This API key is not known, or not live any more.")
    if key.used_at is None or tx.now - key.used_at >= TOUCH:
        key.used_at = tx.now
    scopes = frozenset(Permission(scope) for scope in key.scopes.split())
    return Caller(bearer.workspace, ActorKind.KEY, key.id, None, scopes & SCOPES)


def is_live(key: ApiKey, tx: Transaction) -> bool:
    return key.revoked_at is None and (key.expires_at is None or tx.now < key.expires_at)


async def workspace_of(visit: Visit) -> Workspace:
    return (await visit.tx.session.scalars(select(Workspace))).one()
