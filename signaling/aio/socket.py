"""One WebSocket's way out: a bounded queue, so that who does not read costs little."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from signaling.aio.http import Cut
from signaling.aio.protocol import LINGER, VIOLATION
from signaling.context import Outlet
from signaling.messages import encode_text

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LAST_WORDS = 0.25  # seconds to send what is left, then the close frame (LiveKit)
NORMAL = 1000


class Socket:
    def __init__(self, session: Outlet, send: Send, cut: Cut, limit: int) -> None:
        self.session = session
        self.is_text = False  # the client writes proto-JSON
        self.on_abort: Callable[[], object] = nothing
        self._send = send
        self._cut = cut
        self._limit = limit  # bytes
        self._queue: deque[bytes | str] = deque()
        self._size = 0
        self._wake = asyncio.Event()

    def feed(self, encoded: dict[int, tuple[object, bytes]]) -> None:
        """Take over the session's messages. `encoded`: id of a message -> itself, its bytes."""
        for message in self.session.take_messages():
            frame: bytes | str
            if self.is_text:
                frame = encode_text(message)
            else:
                if id(message) not in encoded:
                    encoded[id(message)] = message, message.SerializeToString()
                frame = encoded[id(message)][1]
            self._queue.append(frame)
            self._size += len(frame)
        self._wake.set()
        if self._size > self._limit:
            self._abort(f"too slow: more than {self._limit} bytes wait to be read")

    async def greet(self) -> None:
        """Send what there is, and let the loop turn once: only then uvloop writes."""
        await self._drain()
        await asyncio.sleep(0)

    async def write(self) -> None:
        """Until the session is over and its last message sent, or the client has gone."""
        try:
            while not self.session.is_over:
                await self._drain()
                if self.session.is_over:
                    break
                await self._wake.wait()
                self._wake.clear()
            async with asyncio.timeout(LAST_WORDS):
                await self._drain()
                await self.close(NORMAL)
        except TimeoutError:
            self._abort("too slow: the last words were not read")
        except OSError:
            return  # the client has gone

    async def close(self, code: int) -> None:
        await self._send({"type": "websocket.close", "code": code})
        asyncio.get_running_loop().call_later(LINGER, self._cut, code, "")

    async def _drain(self) -> None:
        while self._queue:
            frame = self._queue.popleft()
            kind = "text" if isinstance(frame, str) else "bytes"
            await self._send({"type": "websocket.send", kind: frame})
            self._size -= len(frame)

    def _abort(self, reason: str) -> None:
        self._queue.clear()
        self._size = 0
        self._cut(VIOLATION, reason)
        self.on_abort()


def nothing() -> None:
    pass
