"""WebDriver BiDi as a client: commands and their answers over one WebSocket (W3C)."""

import asyncio
import itertools
import json
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Listener = Callable[[dict[str, Any]], None]


class BidiError(Exception):
    """A command that the browser refused."""


class Bidi:
    """One session. Use inside one event loop."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listeners: dict[str, list[Listener]] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, url: str, sock: socket.socket) -> "Bidi":
        """Connect and begin a session that accepts self-signed certificates."""
        # Its pings would take from `random` in a thread of their own, which Hypothesis finds fault
        # with in whatever test it is at work then; and who is on the same machine needs none.
        bidi = cls(
            await connect(url, sock=sock, max_size=None, compression=None, ping_interval=None)
        )
        await bidi.send("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        return bidi

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its result."""
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        command = {"id": number, "method": method, "params": parameters}
        await self._connection.send(json.dumps(command))
        answer = await self._waiting[number]
        if answer["type"] == "error":
            raise BidiError(f"{method}: {answer['error']}: {answer['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def listen(self, event: str, listener: Listener) -> None:
        """Hand every event of a name to a listener."""
        self._listeners.setdefault(event, []).append(listener)
        await self.send("session.subscribe", events=[event])

    async def close(self) -> None:
        await self._connection.close()
        await self._reader

    async def _read(self) -> None:
        with suppress(ConnectionClosed):  # the browser may have been killed
            async for text in self._connection:
                self._take(json.loads(text))
        for waiting in self._waiting.values():
            waiting.set_exception(BidiError("the browser is gone"))

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "event":
            for listener in self._listeners.get(message["method"], []):
                listener(message["params"])
        elif message["id"] in self._waiting:
            self._waiting.pop(message["id"]).set_result(message)
