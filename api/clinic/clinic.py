"""What all use cases share."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.sql import ColumnElement

from api.clinic.doors import Doors, Entry
from api.clinic.errors import Unknown, missing
from api.clinic.mailroom import Mailroom, Textroom
from api.clinic.news import News
from api.clinic.pages import Pages
from api.clinic.passwords import Passwords
from api.clinic.presence import Presence
from api.clinic.providers.registry import Providers
from api.clinic.ready import Readiness
from api.clinic.rooms import Rooms, Servers
from api.clinic.shown import Shown
from api.clinic.signer import Signer
from api.clinic.standing import Standing
from api.clinic.tray import Tray
from api.files.examining import Examiner
from api.files.vault import Vault
from api.rules.auditing import ActorKind
from api.rules.bearers import SECRET_BYTES, Bearer, Purpose
from api.rules.mailing import Channel
from api.store.keyring import Keyring
from api.store.models import Link, SignIn, Workspace
from api.store.models.people import Identified
from api.store.store import Store, Transaction
from api.store.tenancy import Directory
from signaling.ratelimit import RateLimiter

Row = TypeVar("Row", bound=Identified)
FILE_SPACE = 20 * 10**9  # bytes that the files of one workspace may take


class Clinic:
    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        passwords: Passwords,
        monotonic: Callable[[], float],
        mail: Mailroom | None = None,
        texts: Textroom | None = None,
    ) -> None:
        self.store = store
        self.keyring = keyring
        self.passwords = passwords
        self.mail = mail or Mailroom()
        self.texts = texts or Textroom()
        self.providers = Providers(store.now)
        self.presence = Presence(store.now)
        self.pages = Pages(store.now)
        self.shown = Shown()
        self.doors = Doors(self._read_door)
        self.rooms = Rooms()
        self.news = News()
        self.standing = Standing()
        self.readiness = Readiness()
        self.signer: Signer | None = None  # of tokens for rooms
        self.servers: Servers = lambda _: []
        self.monotonic = monotonic  # seconds
        # Guesses at one account: from one place, and from everywhere together.
        self.near = RateLimiter(rate=1 / 30, burst=10)
        self.far = RateLimiter(rate=1 / 10, burst=100)
        # Requests of one session or key; None: as many as come.
        self.asking: RateLimiter | None = None
        self.vault: Vault | None = None  # of patients' files
        self.file_space = FILE_SPACE
        self.examiner = Examiner()
        self.receiving = 0  # files that are on their way here
        self.verifying = RateLimiter(rate=5.0, burst=60)  # of one address: a clinic may share it

    async def _read_door(self, workspace: UUID, room: str) -> Entry | None:
        from api.clinic.settling import read_entry

        return await read_entry(self, workspace, room)

    def tray(self, channel: Channel) -> Tray:
        return self.mail if channel is Channel.MAIL else self.texts

    async def find_workspace(self, slug: str | None) -> Workspace:
        """By its name; without one the only one there is. Raises Unknown."""
        async with self.store.reading(Directory.ALL) as tx:
            query = select(Workspace).order_by(Workspace.created_at).limit(2)
            if slug is not None:
                query = query.where(Workspace.slug == slug)
            found = (await tx.session.scalars(query)).all()
        if len(found) != 1:
            raise Unknown("unknown_workspace", "Say which workspace: there is none by that name.")
        return found[0]

    async def workspaces(self) -> list[Workspace]:
        async with self.store.reading(Directory.ALL) as tx:
            query = select(Workspace).order_by(Workspace.created_at)
            return list((await tx.session.scalars(query)).all())


def make_bearer(purpose: Purpose, workspace: UUID) -> Bearer:
    return Bearer(purpose, workspace, secrets.token_bytes(SECRET_BYTES))


def make_link(
    tx: Transaction,
    workspace: UUID,
    subject: tuple[ActorKind, UUID],
    validity: timedelta,
    meeting: UUID | None = None,
) -> tuple[Bearer, Link]:
    """A one-time link of somebody's. `meeting`: the visit that it invites to."""
    bearer = make_bearer(Purpose.LINK, workspace)
    link = Link(
        id=tx.new_id(),
        subject_kind=subject[0].value,
        subject_id=subject[1],
        meeting_id=meeting,
        digest=bearer.digest,
        secret=None,
        tries=0,
        created_at=tx.now,
        expires_at=tx.now + validity,
        used_at=None,
    )
    tx.session.add(link)
    return bearer, link


async def end_links(
    tx: Transaction, subject: tuple[ActorKind, UUID], *which: ColumnElement[bool]
) -> None:
    """Those that somebody has not used yet, and for which all of `which` holds."""
    query = select(Link).where(Link.subject_id == subject[1], Link.used_at.is_(None), *which)
    for link in await tx.session.scalars(query):
        link.used_at = tx.now


def begin_session(
    tx: Transaction, workspace: UUID, subject: tuple[ActorKind, UUID], until: datetime
) -> Bearer:
    bearer = make_bearer(Purpose.SESSION, workspace)
    tx.session.add(
        SignIn(
            id=tx.new_id(),
            subject_kind=subject[0].value,
            subject_id=subject[1],
            digest=bearer.digest,
            begun_at=tx.now,
            seen_at=tx.now,
            expires_at=until,
            ended_at=None,
        )
    )
    return bearer


async def end_sessions(tx: Transaction, subject: UUID, *which: ColumnElement[bool]) -> int:
    """Those of somebody's that have not ended, and for which all of `which` holds."""
    query = select(SignIn).where(SignIn.subject_id == subject, SignIn.ended_at.is_(None), *which)
    running = (await tx.session.scalars(query)).all()
    for one in running:
        one.ended_at = tx.now
    return len(running)


async def get(
    tx: Transaction, kind: type[Row], id: UUID, what: str, *more: ColumnElement[bool]
) -> Row:
    """The one for which all `more` holds. Raises Missing."""
    row: Row | None = await tx.session.scalar(select(kind).where(kind.id == id, *more))
    if row is None:
        raise missing(what)
    return row
