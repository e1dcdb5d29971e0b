"""Sign in and out: staff by password and authenticator, patients and guests by a link."""

import math
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from api.clinic import warning
from api.clinic.caller import Visit, is_welcome
from api.clinic.clinic import Clinic, begin_session, end_links, end_sessions, get
from api.clinic.errors import Forbidden, InTheWay, Refusal, TooMany, Unknown
from api.clinic.states import status_of, times
from api.rules.auditing import STRANGER, Act, Actor, ActorKind, Origin, Outcome
from api.rules.bearers import Bearer, Purpose
from api.rules.credentials import (
    SECRET_BYTES,
    authenticator_uri,
    matching_step,
    password_problem,
)
from api.rules.private import Private
from api.rules.sessions import LONGEST, TRIES, VISIT_OF_GUEST
from api.rules.visits import Status
from api.store.models import Link, Meeting, Patient, SignIn, Staff, Workspace
from api.store.store import Transaction

WRONG = "E-mail address, password or code is wrong. Check all three; a code serves once."
NO_LINK = "This link was used, has ended or is not complete. Ask for a new one."


@dataclass(frozen=True, slots=True)
class SignedIn:
    bearer: Bearer
    kind: ActorKind
    id: UUID
    expires_at: datetime
    meeting: UUID | None = None  # to which the link was an invitation


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link of staff is for, and the authenticator's secret that comes with it."""

    workspace: Workspace
    role: str
    email: Private | None
    name: Private | None
    secret: bytes
    uri: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody with a link of staff has filled in."""

    email: str
    name: str
    password: str
    code: str


async def sign_in(
    clinic: Clinic, origin: Origin, slug: str | None, email: str, password: str, code: str
) -> SignedIn:
    """Raises Unknown, TooMany."""
    workspace = await clinic.find_workspace(slug)
    email = email.strip().lower()
    spend(clinic, f"{workspace.id}:{email}", origin)
    async with clinic.store.reading(workspace.id) as tx:
        found = await _by_email(tx, email)
        hash = found.password if found else None
    is_right = await clinic.passwords.is_right(hash, password)  # slow: in no transaction
    async with clinic.store.writing(workspace.id, STRANGER, origin) as tx:
        staff = await _by_email(tx, email)
        if staff is not None:
            tx.by = actor_of(staff)
        if staff is None or staff.disabled_at or not is_right or staff.password != hash:
            raise _refuse(tx, staff, "wrong_password" if staff else "unknown_account")
        step = step_of(clinic, staff, code, tx.now)
        if step is not None:
            staff.totp_step = step
            await warning.tell_signed_in(clinic, tx, staff)
            return _begin(tx, workspace.id, staff)
        refusal = _refuse(tx, staff, "wrong_code")
        await warning.tell_half(clinic, tx, staff)
    raise refusal


def spend(clinic: Clinic, account: str, origin: Origin) -> None:
    """One guess. Raises TooMany."""
    now = clinic.monotonic()
    near = f"{account} {origin.address}"
    if clinic.near.spend(near, now) and clinic.far.spend(account, now):
        return
    wait = max(clinic.near.wait(near, now), clinic.far.wait(account, now))
    raise TooMany("too_many_tries", f"Too many tries: wait {math.ceil(wait)} s.", wait)


async def open_link(clinic: Clinic, origin: Origin, bearer: Bearer | None) -> Opened:
    """Show what a link of staff is for. It stays good. Raises Unknown."""
    async with _at_link(clinic, origin, bearer) as (tx, link):
        staff = await _staff_of(tx, link)
        workspace = (await tx.session.scalars(select(Workspace))).one()
        if link.secret is None:
            link.secret = clinic.keyring.seal(secrets.token_bytes(SECRET_BYTES), place(link.id))
        secret = clinic.keyring.open(link.secret, place(link.id))
        account = staff.email.text if staff.email else workspace.slug
        uri = authenticator_uri(secret, account, f"Housecall {workspace.title}")
        return Opened(workspace, staff.role, staff.email, staff.name, secret, uri)


async def accept_link(
    clinic: Clinic, origin: Origin, bearer: Bearer | None, answer: Answer
) -> SignedIn:
    """Set somebody's password and authenticator, and sign them in. Raises Refusal."""
    email = answer.email.strip().lower()
    if problem := password_problem(answer.password, email=email):
        raise Refusal("weak_password", problem)
    async with _at_link(clinic, origin, bearer) as (tx, link):
        await _staff_of(tx, link)
        workspace = (await tx.session.scalars(select(Workspace))).one()
    about = [email, answer.name, workspace.title, workspace.slug]
    if problem := await clinic.passwords.guessing_problem(answer.password, about):
        raise Refusal("weak_password", problem)
    hash = await clinic.passwords.hash(answer.password)
    async with _at_link(clinic, origin, bearer) as (tx, link):
        staff = await _staff_of(tx, link)
        tx.by = actor_of(staff)
        if link.secret is None:
            raise InTheWay("link_not_opened", "Open the link first: it gives the code's secret.")
        secret = clinic.keyring.open(link.secret, place(link.id))
        step = matching_step(secret, answer.code, tx.now.timestamp(), None)
        if step is None:
            _count_try(tx, link)
            tx.tell(Act("link.refuse", "staff", str(staff.id), Outcome.REFUSED, "wrong_code"))
            raise Persisted(Forbidden("wrong_code", "The code is wrong. Enter the newest one."))
        other = await _by_email(tx, email)
        if other is not None and other.id != staff.id:
            raise InTheWay("email_taken", "Somebody here has this e-mail address already.")
        before, is_first = staff.email, staff.password is None
        staff.email, staff.name = Private(email), Private(answer.name.strip())
        staff.password, staff.totp_step = hash, step
        staff.totp = clinic.keyring.seal(secret, place(staff.id))
        await end_links(tx, (ActorKind.STAFF, staff.id))
        link.secret = None
        await end_sessions(tx, staff.id)
        tx.tell(Act("staff.accept", "staff", str(staff.id)))
        await warning.tell_renewed(clinic, tx, staff, before, is_first=is_first)
        return _begin(tx, _workspace(bearer), staff)


async def enter_by_link(
    clinic: Clinic, origin: Origin, bearer: Bearer | None, birth_date: str | None
) -> SignedIn:
    """Sign in a patient or a guest. Raises Unknown, Forbidden."""
    async with _at_link(clinic, origin, bearer) as (tx, link):
        kind, id = ActorKind(link.subject_kind), link.subject_id
        if kind is ActorKind.STAFF or not await is_welcome(tx, kind, id):
            raise no_link()
        tx.by = Actor(kind, str(id))
        if kind is ActorKind.PATIENT:
            await _ask_birth_date(tx, link, birth_date)
        await _check_visit(tx, link)
        link.used_at = tx.now
        until = tx.now + (VISIT_OF_GUEST if kind is ActorKind.GUEST else LONGEST)
        tx.tell(Act("session.begin", kind.value, str(id), detail={"by": "link"}))
        session = begin_session(tx, _workspace(bearer), (kind, id), until)
        return SignedIn(session, kind, id, until, link.meeting_id)


async def sign_out(visit: Visit) -> None:
    session = await visit.tx.session.scalar(select(SignIn).where(SignIn.id == visit.caller.session))
    if session is not None:
        session.ended_at = visit.tx.now
        visit.tx.tell(Act("session.end", visit.caller.kind.value, str(visit.caller.id)))


def no_link() -> Unknown:
    return Unknown("link_not_good", NO_LINK)


class Persisted(Exception):
    """A refusal whose transaction counts nevertheless."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__()
        self.refusal = refusal


@asynccontextmanager
async def _at_link(
    clinic: Clinic, origin: Origin, bearer: Bearer | None
) -> AsyncIterator[tuple[Transaction, Link]]:
    """The transaction of a good link. Raises Unknown."""
    if bearer is None or bearer.purpose is not Purpose.LINK:
        raise no_link()
    refusal: Refusal | None = None
    async with clinic.store.writing(bearer.workspace, STRANGER, origin) as tx:
        query = select(Link).where(Link.digest == bearer.digest).with_for_update()
        link = await tx.session.scalar(query)
        if link is None:
            raise no_link()
        if link.used_at is not None or tx.now >= link.expires_at or link.tries >= TRIES:
            subject = (link.subject_kind, str(link.subject_id))
            tx.tell(Act("link.refuse", *subject, Outcome.REFUSED, "link_not_good"))
            raise no_link()
        try:
            yield tx, link
        except Persisted as error:
            refusal = error.refusal
    if refusal is not None:
        raise refusal


async def _ask_birth_date(tx: Transaction, link: Link, birth_date: str | None) -> None:
    """A link alone may have gone astray. Raises Persisted."""
    query = select(Patient).where(Patient.id == link.subject_id)
    patient = (await tx.session.scalars(query)).one()
    if patient.birth_date is None or patient.birth_date.text == birth_date:
        return
    if birth_date is None:
        raise Forbidden("birth_date_needed", "Enter your date of birth too.")
    _count_try(tx, link)
    tx.tell(Act("link.refuse", "patient", str(patient.id), Outcome.REFUSED, "wrong_birth_date"))
    raise Persisted(Forbidden("wrong_birth_date", "The date of birth is not the one we know."))


async def _check_visit(tx: Transaction, link: Link) -> None:
    """A link to a visit serves once: it is not used up before there is somebody to meet. Raises
    Unknown, Forbidden."""
    if link.meeting_id is None:
        return
    meeting = await get(tx, Meeting, link.meeting_id, "meeting")
    status = status_of(meeting, tx.now)
    if status.is_over:
        raise no_link()
    if status is Status.SCHEDULED:
        opens = times(meeting).opens.isoformat(timespec="minutes")
        raise Forbidden("too_early", f"This visit opens at {opens}: use the link then.")


def _count_try(tx: Transaction, link: Link) -> None:
    link.tries += 1


async def _staff_of(tx: Transaction, link: Link) -> Staff:
    """Raises Unknown."""
    staff = await tx.session.scalar(select(Staff).where(Staff.id == link.subject_id))
    if staff is None or staff.disabled_at is not None:
        raise no_link()
    return staff


async def _by_email(tx: Transaction, email: str) -> Staff | None:
    return await tx.session.scalar(select(Staff).where(Staff.email == Private(email)))


def step_of(clinic: Clinic, staff: Staff, code: str, now: datetime) -> int | None:
    if staff.totp is None:
        return None
    secret = clinic.keyring.open(staff.totp, place(staff.id))
    return matching_step(secret, code, now.timestamp(), staff.totp_step)


def _begin(tx: Transaction, workspace: UUID, staff: Staff) -> SignedIn:
    subject, until = (ActorKind.STAFF, staff.id), tx.now + LONGEST
    tx.tell(Act("session.begin", "staff", str(staff.id), detail={"by": "password"}))
    return SignedIn(begin_session(tx, workspace, subject, until), *subject, until)


def _refuse(tx: Transaction, staff: Staff | None, reason: str) -> Unknown:
    """Who asks is not told which of them was wrong."""
    id = str(staff.id) if staff else None
    tx.tell(Act("session.refuse", "staff", id, Outcome.REFUSED, reason))
    return Unknown("wrong_credentials", WRONG)


def actor_of(staff: Staff) -> Actor:
    return Actor(ActorKind.STAFF, str(staff.id), staff.role)


def place(id: UUID) -> str:
    """Where a sealed secret stands."""
    return f"totp {id}"


def _workspace(bearer: Bearer | None) -> UUID:
    assert bearer is not None
    return bearer.workspace
