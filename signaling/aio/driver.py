"""A conference in a running loop: feed it, hand on what it gives, arm one timer."""

import asyncio
import logging
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from google.protobuf.message import Message as Protobuf
from livekit.protocol.webhook import WebhookEvent

from sfu.commands import Command
from sfu.events import Event
from sfu.media import NodeInfo
from signaling.administration import Failure, administer
from signaling.conference import Conference, Place
from signaling.context import Outlet
from signaling.session import Session

M = TypeVar("M", contravariant=True)
T = TypeVar("T")

_log = logging.getLogger(__name__)

NODE_WAIT = 5.0  # seconds that a join waits while a media process is replaced


class Media(Protocol):
    """A media node: here, in another process, later on another machine."""

    node: NodeInfo

    def handle(self, command: Command) -> None: ...


class Core(Protocol[M]):
    """What a connection brings goes in there."""

    def receive_message(self, message: M, now: float) -> None: ...
    def receive_garbage(self, now: float) -> None: ...
    def fail(self, now: float) -> None: ...


class Feed(Protocol):
    """Takes a core's messages when there are any, or when it is over."""

    def feed(self, encoded: dict[int, tuple[object, bytes]]) -> None: ...


class Driver:
    """`notify` gets the events for webhooks, in order."""

    def __init__(
        self, conference: Conference, notify: Callable[[list[WebhookEvent]], None]
    ) -> None:
        self._conference = conference
        self._nodes: dict[str, Media] = {}
        self._has_nodes = asyncio.Event()
        self._notify = notify
        self._loop = asyncio.get_running_loop()
        self._sockets: dict[Outlet, Feed] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self._is_flushing = False

    def add_node(self, node: Media) -> None:
        """A media node is ready."""
        self._nodes[node.node.node_id] = node
        self._conference.add_node(node.node)
        self._has_nodes.set()

    def lose_node(self, node: Media) -> None:
        """It is gone: its clients hear of it at once."""
        if self._nodes.pop(node.node.node_id, None) is None:
            return
        if not self._nodes:
            self._has_nodes.clear()
        self._conference.lose_node(node.node.node_id, self._loop.time())
        self._flush()

    def locate(self, sid: str) -> Place | None:
        """Where a participant is now."""
        return self._conference.locate(sid)

    def tell_traffic(self, rate: float) -> None:
        """Bytes per second of all media."""
        self._conference.traffic = rate

    def receive_event(self, event: Event) -> None:
        """The media nodes' callback."""
        self._conference.receive_event(event, self._loop.time())
        self._flush()

    async def administer(self, method: str, request: Protobuf) -> Protobuf:
        """Carry out a request of the server API ("RoomService/CreateRoom"). Raises Failure."""
        await self._wait_for_nodes()
        answer: asyncio.Future[Protobuf | Failure] = self._loop.create_future()

        def reply(given: Protobuf | Failure) -> None:
            if not answer.done():  # the caller may have gone
                answer.set_result(given)

        try:
            administer(self._conference, method, request, reply, self._loop.time())
        finally:
            self._flush()
        given = await answer
        if isinstance(given, Failure):
            raise given
        return given

    async def act(self, action: Callable[[Conference, float], T]) -> T:
        """Do something to the conference from outside."""
        await self._wait_for_nodes()
        try:
            return action(self._conference, self._loop.time())
        finally:
            self._flush()

    def connect(self, session: Session, feed: Feed) -> None:
        """A session without a WebSocket."""
        self._sockets[session] = feed

    def disconnect(self, session: Session) -> None:
        self._sockets.pop(session, None)
        session.lose(self._loop.time())
        self._flush()

    async def _wait_for_nodes(self) -> None:
        """While a media process is replaced."""
        with suppress(TimeoutError):
            async with asyncio.timeout(NODE_WAIT):
                await self._has_nodes.wait()

    def _fail(self, session: Core[M], error: Exception, now: float) -> None:
        trace = "".join(traceback.format_tb(error.__traceback__))
        _log.error("a request failed with %s\n%s", type(error).__name__, trace)
        session.fail(now)

    def _flush(self) -> None:
        """Commands first: media must know a client before it has the answer to its offer."""
        if self._is_flushing:
            return  # an event came out of a command; the loop below sees to it
        self._is_flushing = True
        try:
            while self._flush_once():
                pass
        finally:
            self._is_flushing = False
        self._arm()

    def _flush_once(self) -> bool:
        commands = self._conference.take_commands()
        for node_id, ordered in commands.items():
            for command in ordered:
                self._nodes[node_id].handle(command)
        ready = self._conference.take_ready()
        encoded: dict[int, tuple[object, bytes]] = {}  # what many get is written once
        for session in ready:
            if session in self._sockets:
                self._sockets[session].feed(encoded)
        if notices := self._conference.take_notices():
            self._notify(notices)
        return bool(commands or ready)

    def _arm(self) -> None:
        when = self._conference.next_timeout()
        if when == self._timer_at:
            return
        self._disarm()
        self._timer_at = when  # uvloop's handle does not know it when the time has come already
        self._timer = None if when is None else self._loop.call_at(when, self._handle_timeout)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _handle_timeout(self) -> None:
        self._timer = self._timer_at = None
        self._conference.handle_timeout(self._loop.time())
        self._flush()
