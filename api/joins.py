"""The log of joins: everybody who comes to a room or is not let in, as `livekit_access_log`.

Stands around signaling and sees what it answers. Nobody's join waits for the database: what cannot
be written now waits here, in order, until it can. Whose log it is the room says if it is a visit's,
else the token (`ws`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.clinic.presence import Presence
from api.middleware import App, Message, Receive, Scope, Send
from api.rest.whip import PATH as WHIP
from api.rules.auditing import STRANGER, Access, Origin, Outcome, tame
from api.rules.rooms import workspace_of_room
from api.store.errors import Unavailable
from api.store.ledger import Told
from api.store.store import Store, kind, undisturbed
from signaling import joinrequest
from signaling.admission import Refused, Visit, authenticate
from signaling.aio import http
from signaling.aio.websocket import PATHS
from signaling.conference import Place
from signaling.errors import SignalingError
from signaling.ratelimit import RateLimiter
from signaling.tokens import Claims
from turn.notes import GRANTED, Note

WAITING = 20_000  # entries, while the database is away
BATCH = 100  # entries of one transaction
RETRY = 1.0  # seconds
NOBODY = "unknown"  # what an unsigned token says is not worth noting
TOO_MANY = 429  # of one address: the limit is there so that nothing grows
RESUME = "resume"  # the same one after a break: the reason
RELAY = "relay"  # an address there: the reason, alone or with an error code
REFUSALS = 20  # of the relay to one address at once; one more each ten seconds

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Comer:
    """Who stands at signaling's door, as far as the token can be trusted."""

    room: str = NOBODY
    identity: str = NOBODY
    role: str | None = None
    meeting: str | None = None
    workspace: UUID | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """None: of a room that is no clinic's in particular."""

    workspace: UUID | None
    told: Told


class Joins:
    def __init__(
        self,
        store: Store,
        presence: Presence,
        keys: Mapping[str, str],
        workspace: Callable[[], Awaitable[UUID | None]],
    ) -> None:
        """`workspace`: whose rooms those are that do not say it."""
        self._store = store
        self._presence = presence
        self._keys = keys
        self._workspace = workspace
        self._entries: asyncio.Queue[Noted] = asyncio.Queue(WAITING)
        self._batch: list[Noted] = []  # being written
        self._lost = 0
        self._refusals = RateLimiter(rate=0.1, burst=REFUSALS)
        self.quiet: str | None = None  # the name that the server has at the relay itself

    def watch(self, app: App) -> App:
        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "websocket" or "/" + scope["path"].lstrip("/") not in PATHS:
                return await app(scope, receive, send)
            comer = self._recognise(scope)
            origin = origin_of(scope)
            is_in = False

            async def seen(message: Message) -> None:
                nonlocal is_in
                kind = message["type"]
                if kind == "websocket.accept":
                    is_in = True
                    self._presence.join(comer.identity)
                    self._note(comer, origin, Outcome.DONE, RESUME if is_back(scope) else None)
                elif kind == "websocket.http.response.start" and message["status"] != TOO_MANY:
                    self._note(comer, origin, Outcome.REFUSED, f"http_{message['status']}")
                await send(message)

            try:
                await app(scope, receive, seen)
            finally:
                if is_in:
                    self._presence.leave(comer.identity)

        return watched

    def watch_ingests(self, app: App) -> App:
        """Whoever publishes by WHIP comes to a room too."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != WHIP:
                return await app(scope, receive, send)
            comer, origin = self._recognise(scope), origin_of(scope)

            async def seen(message: Message) -> None:
                if message["type"] == "http.response.start":
                    status = message["status"]
                    if status < 300:
                        self._note(comer, origin, Outcome.DONE, "whip")
                    elif status != TOO_MANY:
                        self._note(comer, origin, Outcome.REFUSED, f"http_{status}")
                await send(message)

            await app(scope, receive, seen)

        return watched

    def note_relayed(self, notes: Iterable[Note], locate: Callable[[str], Place | None]) -> None:
        """Who has got an address of the relay, and who has not. `locate`: where a participant is
        whose sid it is, as participants have it for a name there."""
        for note in notes:
            if note.user == self.quiet:
                continue
            place = locate(note.user)
            name = tame(note.user) or NOBODY
            comer = (
                Comer(identity=name)
                if place is None
                else comer_of(place.room, place.identity, place.attributes)
            )
            if note.code == GRANTED:
                self._note(comer, Origin(note.client), Outcome.DONE, RELAY)
            elif self._refusals.spend(note.client, self._store.now().timestamp()):
                reason = f"{RELAY}_{note.code}"
                self._note(comer, Origin(note.client), Outcome.REFUSED, reason)

    async def keep(self) -> None:
        """Write what has come, until cancelled."""
        while True:
            if not self._batch:
                self._batch.append(await self._entries.get())
            while not await undisturbed(self._write()):
                await asyncio.sleep(RETRY)

    async def flush(self) -> None:
        """Write what is left, once."""
        while self._batch or not self._entries.empty():
            if not await self._write():
                left = len(self._batch) + self._entries.qsize()
                logger.error("%d entries of the log of joins could not be written", left)
                return

    async def _write(self) -> bool:
        """Some of what waits, in order; False when it has to wait on."""
        while len(self._batch) < BATCH and not self._entries.empty():
            self._batch.append(self._entries.get_nowait())
        try:
            only = await self._workspace()
            while self._batch:
                workspace = self._batch[0].workspace or only
                entries = [n for n in self._batch if (n.workspace or only) == workspace]
                await self._write_for(workspace, entries)
                self._batch = [n for n in self._batch if (n.workspace or only) != workspace]
        except Unavailable:
            return False
        return True

    async def _write_for(self, workspace: UUID | None, entries: Sequence[Noted]) -> None:
        """Raises Unavailable."""
        if workspace is None:
            return
        try:
            async with self._store.writing(workspace) as tx:
                tx.told.extend(noted.told for noted in entries)
        except Unavailable:
            raise
        except Exception as error:  # nothing here may end the server
            logger.error("the log of joins cannot be written: %s", kind(error))

    def _note(
        self, comer: Comer, origin: Origin, outcome: Outcome, reason: str | None = None
    ) -> None:
        access = Access(comer.room, comer.identity, comer.role, outcome, reason, comer.meeting)
        now: datetime = self._store.now()
        try:
            told = Told(access, STRANGER, origin, now)
            self._entries.put_nowait(Noted(comer.workspace, told))
        except asyncio.QueueFull:
            self._lost += 1
            if self._lost == 1:
                logger.error("the log of joins loses entries: the database is away for too long")

    def _recognise(self, scope: Scope) -> Comer:
        try:
            visit = http.visit(scope, True)  # by which connections changes nothing here
            claims = self._authenticate(visit)
        except Refused:
            return Comer()
        if claims is None or claims.video is None:
            return Comer()
        return comer_of(claims.video.room, claims.identity, claims.attributes)

    def _authenticate(self, visit: Visit) -> Claims | None:
        """Raises Refused."""
        return authenticate(visit, self._keys, self._store.now().timestamp())


def parse_id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def comer_of(room: str, identity: str, said: Mapping[str, str]) -> Comer:
    """`said`: the token's attributes."""
    return Comer(
        tame(room) or NOBODY,
        tame(identity) or NOBODY,
        tame(said.get("role")),
        tame(said.get("meeting")),
        workspace_of_room(room) or parse_id(said.get("ws")),
    )


def is_back(scope: Scope) -> bool:
    """Whether somebody who was let in has been there before."""
    try:
        query = http.visit(scope, True).query
        wrapped = query.get("join_request")
        asked = joinrequest.decode(wrapped) if wrapped else joinrequest.from_query(query)
    except SignalingError:
        return False
    return asked.reconnect


def origin_of(scope: Scope) -> Origin:
    headers = {name.lower(): value for name, value in scope["headers"]}
    client = scope.get("client")
    agent = headers.get(b"user-agent", b"").decode("latin-1")
    return Origin(client[0] if client else None, tame(agent) or None)
