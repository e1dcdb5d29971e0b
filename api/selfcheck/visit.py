"""A visit of two that come for the server's own sake, in a room that nobody is told of."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from google.protobuf.message import Message
from livekit.protocol import room

from api.doctor.visit import Candidate, Told
from api.middleware import App
from api.selfcheck.guest import Guest, Nearest, NotLetIn
from sfu.transport.certificate import Certificate
from signaling.administration import Failure
from signaling.tokens import Claims, VideoGrant, mint

JOINED, HEARD = 6.0, 3.0  # seconds until data may pass, and until some has
EMPTY = 30  # seconds that the room would stay if nobody ended it
VALIDITY = 60.0  # seconds

Administer = Callable[[str, Message], Awaitable[Message]]  # raises Failure


class NoAnswer(Exception):
    """Media does not come about."""


class NothingHeard(Exception):
    """Data do not come."""


class Visits:
    """`name`: of the room, which signaling keeps quiet about."""

    def __init__(
        self, app: App, administer: Administer, pair: tuple[str, str], name: str, nearest: Nearest
    ) -> None:
        """`pair`: an API key and its secret."""
        self._app = app
        self._administer = administer
        self._pair = pair
        self._name = name
        self._nearest = nearest
        self._certificate = Certificate()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Told]:
        """Goes on within, with where media is and how it is asked. Raises NotLetIn, NoAnswer,
        NothingHeard."""
        await self._make()
        guests = [self._guest(place) for place in range(2)]
        running = [asyncio.create_task(guest.run()) for guest in guests]
        try:
            await self._joined(guests, running)
            await self._spoken(*guests)
            yield told(guests[0])
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await self._end()

    async def _make(self) -> None:
        request = room.CreateRoomRequest(name=self._name, empty_timeout=EMPTY)
        try:
            await self._administer("RoomService/CreateRoom", request)
        except Failure as failure:
            raise NotLetIn(str(failure)) from None

    async def _end(self) -> None:
        request = room.DeleteRoomRequest(room=self._name)
        with suppress(Failure):  # it has ended by itself
            await self._administer("RoomService/DeleteRoom", request)

    def _guest(self, place: int) -> Guest:
        grant = VideoGrant(room_join=True, room=self._name)
        claims = Claims(identity=f"selfcheck-{place}", video=grant)
        token = mint(claims, *self._pair, now=time.time(), validity=VALIDITY)
        return Guest(self._app, token, self._certificate, self._nearest)

    @staticmethod
    async def _joined(guests: list[Guest], running: list[asyncio.Task[None]]) -> None:
        """Raises NotLetIn, NoAnswer."""
        ready = asyncio.ensure_future(all_ready(guests))
        try:
            await asyncio.wait(
                {ready, *running}, timeout=JOINED, return_when=asyncio.FIRST_COMPLETED
            )
            for task in running:
                if task.done():
                    task.result()
            if not ready.done():
                raise NoAnswer
        except OSError as error:
            raise NoAnswer from error
        finally:
            ready.cancel()
            await asyncio.gather(ready, return_exceptions=True)

    @staticmethod
    async def _spoken(one: Guest, other: Guest) -> None:
        """From one to the other, and back. Raises NothingHeard."""
        try:
            async with asyncio.timeout(HEARD):
                for speaker, listener in ((one, other), (other, one)):
                    word = secrets.token_bytes(16)
                    if not speaker.say(word):
                        raise NothingHeard
                    while await listener.heard.get() != word:
                        pass
        except TimeoutError:
            raise NothingHeard from None


async def all_ready(guests: list[Guest]) -> None:
    await asyncio.gather(*(guest.is_ready.wait() for guest in guests))


def told(guest: Guest) -> Told:
    assert guest.remote is not None
    candidates = [Candidate(c.protocol, c.ip, c.port) for c in guest.remote.candidates]
    return Told(
        candidates,
        [],  # the relays are looked at with a password of our own
        guest.remote.ice.ufrag,
        guest.remote.ice.password,
        guest.link.local.ufrag,
    )
