"""A workspace's account at a provider: connected by an owner, kept, disconnected.

What an owner has begun is known by a cookie of their browser, sealed: the one that comes back from
the provider must be the one that was sent there, or somebody could be led to connect their account
to another's clinic.
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.clinic.caller import Visit
from api.clinic.clinic import Clinic
from api.clinic.errors import Forbidden, InTheWay, Unknown, missing
from api.clinic.providers.registry import Registered
from api.rules.auditing import Act, Actor, ActorKind, Origin, Outcome
from api.rules.conferences import State
from api.rules.conferencing import NAMES
from api.rules.plans import Provider
from api.rules.providers import oauth
from api.rules.providers.exchange import SENTENCES, Trouble, Unfulfilled
from api.rules.providers.oauth import Tokens
from api.rules.roles import ALLOWED, Permission, Role
from api.store.errors import SecretsError
from api.store.models import Conference, Connection, Staff
from api.store.store import Transaction

VALIDITY = timedelta(minutes=10)  # that an owner has to agree at the provider
EARLY = timedelta(minutes=1)  # before its end that a token is renewed
PLACE = "connecting"  # where what an owner has begun is sealed


@dataclass(frozen=True, slots=True)
class Begun:
    """`url`: where to agree. `sealed`: for the cookie."""

    url: str = field(repr=False)
    sealed: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Returned:
    """What the provider has sent the browser back with."""

    state: str = field(repr=False)
    code: str | None = field(repr=False)
    error: str | None


@dataclass(frozen=True, slots=True)
class Ended:
    """`is_revoked`: the provider has ended it too."""

    provider: Provider
    is_revoked: bool
    trouble: Trouble | None


def begin(visit: Visit, provider: Provider, redirect: str) -> Begun:
    """Raises InTheWay, Forbidden."""
    own = _registered(visit.clinic, provider)
    if visit.staff_id is None:
        raise Forbidden("forbidden", "Only people connect accounts.")
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    until = visit.tx.now + VALIDITY
    kept = {
        "provider": provider.value, "workspace": str(visit.caller.workspace), "state": state,
        "staff": str(visit.staff_id), "verifier": verifier, "until": until.timestamp(),
        "redirect": redirect,
    }  # fmt: skip
    sealed = visit.clinic.keyring.seal(json.dumps(kept).encode(), PLACE)
    url = oauth.page(own.adapter.grant, own.client, redirect, state, verifier)
    visit.tx.tell(Act("provider.begin", "provider", provider.value))
    return Begun(url, urlsafe_b64encode(sealed).decode(), until)


async def finish(clinic: Clinic, origin: Origin, cookie: str | None, back: Returned) -> Provider:
    """Raises Unknown, Forbidden, InTheWay."""
    kept = _open(clinic, cookie)
    is_own = kept is not None and secrets.compare_digest(
        kept["state"].encode(), back.state.encode("utf-8", "surrogatepass")
    )
    if kept is None or not is_own or clinic.store.now().timestamp() > kept["until"]:
        raise Unknown(
            "not_begun", "Nothing was begun in this browser, or too long ago: connect once more."
        )
    provider, workspace = Provider(kept["provider"]), UUID(kept["workspace"])
    by = await _owner(clinic, workspace, UUID(kept["staff"]))
    own = _registered(clinic, provider)
    if back.code is None:
        await _tell_refused(clinic, workspace, by, origin, provider, "not_agreed")
        raise InTheWay("not_agreed", f"{NAMES[provider]} was not connected: nobody has agreed.")
    flow = oauth.exchange(
        own.adapter.grant, own.client, back.code, kept["redirect"], kept["verifier"]
    )
    try:
        tokens = await clinic.providers.run(workspace, provider, flow)
    except Unfulfilled as error:
        await _tell_refused(clinic, workspace, by, origin, provider, error.trouble.value)
        raise in_the_way(provider, error) from None
    async with clinic.store.writing(workspace, by, origin) as tx:
        assert by.id is not None
        await _keep(clinic, tx, provider, tokens, UUID(by.id))
        await _try_again(tx, provider)
        tx.tell(Act("provider.connect", "provider", provider.value))
    await clinic.providers.tray.wake(workspace)
    return provider


def in_the_way(provider: Provider, error: Unfulfilled) -> InTheWay:
    sentence = SENTENCES[error.trouble].format(name=NAMES[provider])
    wait = None if error.wait is None else error.wait.total_seconds()
    return InTheWay(f"provider_{error.trouble.value}", sentence, wait)


@dataclass(slots=True)
class Account:
    """What is left of a connection that was taken out, to be revoked."""

    provider: Provider
    access: str | None = field(repr=False)
    refresh: str | None = field(repr=False)
    expires_at: datetime  # of `access`


async def disconnect(visit: Visit, provider: Provider) -> Account:
    """Forget the account's tokens. What was made there stays there. Raises Missing."""
    row = await _find(visit.tx, provider)
    if row is None:
        raise missing("connection")
    access, refresh = _tokens(visit.clinic, row) or (None, None)
    await visit.tx.session.delete(row)
    visit.tx.tell(Act("provider.disconnect", "provider", provider.value))
    return Account(provider, access, refresh, row.expires_at)


async def revoke(clinic: Clinic, workspace: UUID, account: Account) -> Ended:
    """Outside of the transaction: the provider may be away."""
    own = clinic.providers.registered.get(account.provider)
    if own is None or own.adapter.grant.revoke is None:
        return Ended(account.provider, False, None)
    token = account.access if own.adapter.grant.revokes_access else account.refresh
    if token is None or account.refresh is None:
        return Ended(account.provider, False, None)
    grant, provider = own.adapter.grant, account.provider
    try:
        if grant.revokes_access and clinic.store.now() >= account.expires_at - EARLY:
            renewing = oauth.refresh(grant, own.client, account.refresh)
            token = (await clinic.providers.run(workspace, provider, renewing)).access
        await clinic.providers.run(workspace, provider, oauth.revoke(grant, own.client, token))
    except Unfulfilled as error:
        return Ended(provider, False, error.trouble)
    return Ended(provider, True, None)


async def access(clinic: Clinic, workspace: UUID, provider: Provider, stale: str = "") -> str:
    """A good access token. `stale`: one that the provider takes no more. Raises Unfulfilled."""
    own = clinic.providers.find(provider)
    async with clinic.providers.lock(workspace, provider):
        async with clinic.store.reading(workspace) as tx:
            row = await _find(tx, provider)
            now = tx.now
        if row is None:
            raise Unfulfilled(Trouble.NOT_CONNECTED)
        if row.lost_at is not None:
            raise Unfulfilled(Trouble.UNAUTHORIZED)
        held = _tokens(clinic, row)
        if held is None:
            raise Unfulfilled(Trouble.UNAUTHORIZED)
        token, refresh = held
        if token != stale and now < row.expires_at - EARLY:
            return token
        flow = oauth.refresh(own.adapter.grant, own.client, refresh)
        try:
            tokens = await clinic.providers.run(workspace, provider, flow)
        except Unfulfilled as error:
            if error.trouble is Trouble.UNAUTHORIZED:
                await lose(clinic, workspace, provider)
            raise
        async with clinic.store.writing(workspace) as tx:
            row = await _find(tx, provider)
            if row is None:
                raise Unfulfilled(Trouble.NOT_CONNECTED)
            _put(clinic, tx, row, tokens)
        return tokens.access


async def lose(clinic: Clinic, workspace: UUID, provider: Provider) -> None:
    """The provider does not know us any more."""
    async with clinic.store.writing(workspace) as tx:
        row = await _find(tx, provider)
        if row is not None and row.lost_at is None:
            row.lost_at = tx.now
            tx.tell(Act("provider.lose", "provider", provider.value, Outcome.REFUSED, "lost"))


async def connections(tx: Transaction) -> dict[Provider, Connection]:
    found = await tx.session.scalars(select(Connection))
    return {Provider(row.provider): row for row in found}


async def usable(clinic: Clinic, tx: Transaction) -> frozenset[Provider]:
    """Providers of others at which a visit can be made now, as far as is known."""
    found = await connections(tx)
    registered = clinic.providers.registered
    return frozenset(p for p, row in found.items() if p in registered and row.lost_at is None)


def place(id: UUID) -> str:
    """Where the tokens of a connection stand."""
    return f"connection {id}"


def _registered(clinic: Clinic, provider: Provider) -> Registered:
    """Raises InTheWay."""
    own = clinic.providers.registered.get(provider)
    if own is None:
        key = f"clinic.providers.{provider.value}"
        sentence = f"This server is not registered with {NAMES[provider]} yet ({key})."
        raise InTheWay("not_registered", sentence)
    return own


def _open(clinic: Clinic, cookie: str | None) -> dict[str, Any] | None:
    try:
        sealed = urlsafe_b64decode((cookie or "").encode("ascii"))
        kept: dict[str, Any] = json.loads(clinic.keyring.open(sealed, PLACE))
    except (ValueError, SecretsError):
        return None
    return kept


async def _owner(clinic: Clinic, workspace: UUID, id: UUID) -> Actor:
    """Who has begun: still one who may. Raises Forbidden."""
    async with clinic.store.reading(workspace) as tx:
        staff = await tx.session.scalar(select(Staff).where(Staff.id == id))
    if staff is None or staff.disabled_at is not None:
        raise Forbidden("forbidden", "Only an owner connects accounts.")
    if Permission.STAFF_CHANGE not in ALLOWED[Role(staff.role)]:
        raise Forbidden("forbidden", "Only an owner connects accounts.")
    return Actor(ActorKind.STAFF, str(id), staff.role)


async def _tell_refused(
    clinic: Clinic, workspace: UUID, by: Actor, origin: Origin, provider: Provider, why: str
) -> None:
    async with clinic.store.writing(workspace, by, origin) as tx:
        tx.tell(Act("provider.connect", "provider", provider.value, Outcome.REFUSED, why))


async def _find(tx: Transaction, provider: Provider) -> Connection | None:
    query = select(Connection).where(Connection.provider == provider.value)
    row: Connection | None = await tx.session.scalar(query)
    return row


def _tokens(clinic: Clinic, row: Connection) -> tuple[str, str] | None:
    """For access and for another one; None where the key that sealed them is not here."""
    try:
        sealed = (row.access, row.refresh)
        access, refresh = (clinic.keyring.open(one, place(row.id)).decode() for one in sealed)
    except SecretsError:
        return None
    return access, refresh


async def _keep(
    clinic: Clinic, tx: Transaction, provider: Provider, tokens: Tokens, by: UUID
) -> None:
    row = await _find(tx, provider)
    if row is None:
        row = Connection(id=tx.new_id(), provider=provider.value)
        tx.session.add(row)
    row.connected_at, row.connected_by, row.lost_at = tx.now, by, None
    _put(clinic, tx, row, tokens)


def _put(clinic: Clinic, tx: Transaction, row: Connection, tokens: Tokens) -> None:
    row.access = clinic.keyring.seal(tokens.access.encode(), place(row.id))
    if tokens.refresh is not None:  # else the old one goes on being good
        row.refresh = clinic.keyring.seal(tokens.refresh.encode(), place(row.id))
    row.expires_at = tx.now + timedelta(seconds=tokens.lifetime)


async def _try_again(tx: Transaction, provider: Provider) -> None:
    """What could not be done without the connection."""
    query = select(Conference).where(Conference.provider == provider.value)
    for row in await tx.session.scalars(query.with_for_update()):
        if State(row.state).is_due:
            row.next_at = tx.now
