"""The ASGI callable for /rtc, /rtc/v1 and their /validate: feed the conference, send, arm."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from livekit.protocol.webhook import WebhookEvent

from signaling.admission import Refused, Visit
from signaling.agents.worker import Worker
from signaling.agents.worker import decode_frame as decode_worker_frame
from signaling.aio import http
from signaling.aio.driver import Core, Driver
from signaling.aio.socket import Socket, nothing
from signaling.conference import Conference
from signaling.limits import Bucket
from signaling.messages import FrameError, decode_frame
from signaling.session import Session

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

M = TypeVar("M", contravariant=True)

GOODBYE = 1.0  # seconds that clients have to hear of our end
TOO_BIG = 1009  # close code (RFC 6455, section 7.4.1)
COUNTS = 8192  # bytes of a frame that count as much as another request

PATHS = {"/rtc": False, "/rtc/v1": True}  # path -> one peer connection
AGENT = "/agent"  # for agent workers


class SignalingApp(Driver):
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
        super().__init__(conference, notify)
        self._message_size = message_size
        self._send_queue = send_queue
        self._visitors: set[asyncio.Task[None]] = set()
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

    async def close(self) -> None:
        """Say goodbye to every client and wait, at most a second, until they have heard it."""
        self._is_closing = True
        self._conference.shut_down(self._loop.time())
        self._flush()
        if self._visitors:
            await asyncio.wait(self._visitors, timeout=GOODBYE)
        self._disarm()

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
            reading = self._read(socket, receive, session, decode_frame, self._message_size)
            await self._talk(socket, reading)

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
            await self._talk(
                socket, self._read(socket, receive, worker, decode_worker_frame, limit)
            )

    @asynccontextmanager
    async def _connection(
        self, core: Session | Worker, scope: Scope, send: Send
    ) -> AsyncIterator[Socket]:
        task = asyncio.current_task()
        assert task is not None
        self._visitors.add(task)
        socket = Socket(core, send, http.cut_of(scope), self._send_queue)
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

    def _begin(self, session: Session) -> None:
        now = self._loop.time()
        try:
            session.begin(now)
        except Exception as error:  # ours, not the client's: the others' calls must go on
            self._fail(session, error, now)
        self._flush()

    @staticmethod
    async def _talk(socket: Socket, reading: Coroutine[Any, Any, None]) -> None:
        """Until either side has said its last word."""
        reader = asyncio.create_task(reading)
        writer = asyncio.create_task(socket.write())
        socket.on_abort = reader.cancel
        try:
            await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            reader.cancel()
            writer.cancel()
            await asyncio.gather(reader, writer, return_exceptions=True)
            socket.on_abort = nothing  # else the two hold each other, and the last frame

    async def _read(
        self,
        socket: Socket,
        receive: Receive,
        core: Core[M],
        decode: Callable[[bytes | str], M],
        limit: int,
    ) -> None:
        """`limit`: bytes of a frame. Who asks for too much at once is read more slowly."""
        limits = self._conference.config.limits
        pace = Bucket(limits.requests_per_second, limits.requests_burst, self._loop.time())
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
            if wait := pace.charge(1 + len(frame) / COUNTS, self._loop.time()):
                await asyncio.sleep(wait)
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
