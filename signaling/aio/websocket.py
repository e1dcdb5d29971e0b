"""The ASGI callable for /rtc, /rtc/v1 and their /validate: feed the conference, send, arm."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol, TypeVar

from google.protobuf.message import Message as Protobuf
from livekit.protocol.webhook import WebhookEvent

from sfu.commands import Command
from sfu.events import Event
from sfu.media import NodeInfo
from signaling.administration import Failure, administer
from signaling.admission import Refused, Visit
from signaling.agents.worker import Worker
from signaling.agents.worker import decode_frame as decode_worker_frame
from signaling.aio import http
from signaling.aio.socket import Socket
from signaling.conference import Conference
from signaling.context import Outlet
from signaling.messages import FrameError, decode_frame
from signaling.session import Session

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

M = TypeVar("M", contravariant=True)
T = TypeVar("T")

_log = logging.getLogger(__name__)

NODE_WAIT = 5.0  # seconds that a join waits while a media process is replaced
GOODBYE = 1.0  # seconds that clients have to hear of our end
TOO_BIG = 1009  # close code (RFC 6455, section 7.4.1)

PATHS = {"/rtc": False, "/rtc/v1": True}  # path -> one peer connection
AGENT = "/agent"  # for agent workers


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


class SignalingApp:
    """Scope types `http` and `websocket`; paths that begin with /rtc, and /agent. Made in a running
    loop.

    `message_size` and `send_queue` are bounds of one connection, in bytes. `notify` gets the
    events for webhooks, in order.
    """

    def __init__(
        self,
        conference: Conference,
        *,
        message_size: int = 2 << 20,
        send_queue: int = 4 << 20,
        notify: Callable[[list[WebhookEvent]], None] = lambda _: None,
    ) -> None:
        self._conference = conference
        self._nodes: dict[str, Media] = {}
        self._has_nodes = asyncio.Event()
        self._message_size = message_size
        self._send_queue = send_queue
        self._notify = notify
        self._loop = asyncio.get_running_loop()
        self._sockets: dict[Outlet, Feed] = {}
        self._visitors: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self._is_flushing = False
        self._is_closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = "/" + scope["path"].lstrip("/")  # clients join "wss://host/" and "/rtc"
        if scope["type"] == "http":
            await self._answer_http(path, scope, send)
        elif path == AGENT:
            await self._serve_worker(scope, receive, send)
        elif path not in PATHS:
            await http.deny(scope, send, Refused(404, ""))
        else:
            await self._serve(PATHS[path], scope, receive, send)

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

    async def close(self) -> None:
        """Say goodbye to every client and wait, at most a second, until they have heard it."""
        self._is_closing = True
        self._conference.shut_down(self._loop.time())
        self._flush()
        if self._visitors:
            await asyncio.wait(self._visitors, timeout=GOODBYE)
        if self._timer is not None:
            self._timer.cancel()

    async def _answer_http(self, path: str, scope: Scope, send: Send) -> None:
        """The validate paths run the checks of a join and tell what came of it."""
        place = path.removesuffix("/validate")
        if place == path or place not in PATHS:
            await http.respond(send, 404, "")
            return
        try:
            self._conference.admit(http.visit(scope, PATHS[place]), self._loop.time())
        except Refused as refusal:
            await http.respond(send, refusal.status, refusal.text, http.ANY_ORIGIN)
        else:
            await http.respond(send, 200, "success", http.ANY_ORIGIN)

    async def _serve(self, single: bool, scope: Scope, receive: Receive, send: Send) -> None:
        """The session begins before the upgrade, so that a refusal is an HTTP response."""
        await receive()  # websocket.connect
        try:
            session = await self._join(http.visit(scope, single))
        except Refused as refusal:
            await http.deny(scope, send, refusal)
            return
        async with self._connection(session, scope, send) as socket:
            socket.feed({})
            await send({"type": "websocket.accept"})
            await socket.greet()
            self._begin(session)
            await self._talk(socket, receive, session, decode_frame, self._message_size)

    async def _serve_worker(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        try:
            claims = self._conference.authenticate(http.visit(scope, False), self._loop.time())
            if claims is None or claims.video is None or not claims.video.agent:
                raise Refused(401, "permissions denied")
            if self._is_closing:
                raise Refused(503, "server is shutting down")
        except Refused as refusal:
            await http.deny(scope, send, refusal)
            return
        worker = self._conference.employ(self._loop.time())
        async with self._connection(worker, scope, send) as socket:
            await send({"type": "websocket.accept"})
            self._flush()
            limit = self._conference.config.limits.worker_message_size
            await self._talk(socket, receive, worker, decode_worker_frame, limit)

    @asynccontextmanager
    async def _connection(
        self, core: Session | Worker, scope: Scope, send: Send
    ) -> AsyncIterator[Socket]:
        task = asyncio.current_task()
        assert task is not None
        self._visitors.add(task)
        socket = Socket(core, send, http.abort_of(scope), self._send_queue)
        self._sockets[core] = socket
        try:
            yield socket
        except OSError:
            pass  # the client has gone
        finally:
            self._visitors.discard(task)
            del self._sockets[core]
            core.lose(self._loop.time())
            self._flush()

    async def _join(self, visit: Visit) -> Session:
        admitted = self._conference.admit(visit, self._loop.time())
        if not self._is_closing:
            await self._wait_for_nodes()
        if self._is_closing:
            raise Refused(503, "server is shutting down")
        return self._conference.join(admitted, self._loop.time())

    async def _wait_for_nodes(self) -> None:
        """While a media process is replaced."""
        with suppress(TimeoutError):
            async with asyncio.timeout(NODE_WAIT):
                await self._has_nodes.wait()

    def _begin(self, session: Session) -> None:
        now = self._loop.time()
        try:
            session.begin(now)
        except Exception as error:  # ours, not the client's: the others' calls must go on
            self._fail(session, error, now)
        self._flush()

    async def _talk(
        self,
        socket: Socket,
        receive: Receive,
        core: Core[M],
        decode: Callable[[bytes | str], M],
        limit: int,
    ) -> None:
        """Until either side has said its last word."""
        reader = asyncio.create_task(self._read(socket, receive, core, decode, limit))
        writer = asyncio.create_task(socket.write())
        socket.on_abort = reader.cancel
        try:
            await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            reader.cancel()
            writer.cancel()
            await asyncio.gather(reader, writer, return_exceptions=True)

    async def _read(
        self,
        socket: Socket,
        receive: Receive,
        core: Core[M],
        decode: Callable[[bytes | str], M],
        limit: int,
    ) -> None:
        """`limit`: bytes of a frame."""
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return
            frame = message.get("bytes")
            if frame is None:
                frame = message.get("text") or ""
                socket.is_text = True
            if len(frame) > limit:
                await socket.close(TOO_BIG)
                return
            self._receive_frame(core, decode, frame)

    def _receive_frame(
        self, core: Core[M], decode: Callable[[bytes | str], M], frame: bytes | str
    ) -> None:
        now = self._loop.time()
        try:
            core.receive_message(decode(frame), now)
        except FrameError:
            core.receive_garbage(now)
        except Exception as error:  # ours, not the client's: the others' calls must go on
            self._fail(core, error, now)
        self._flush()

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
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = when  # uvloop's handle does not know it when the time has come already
        self._timer = None if when is None else self._loop.call_at(when, self._handle_timeout)

    def _handle_timeout(self) -> None:
        self._timer = self._timer_at = None
        self._conference.handle_timeout(self._loop.time())
        self._flush()
