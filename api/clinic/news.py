"""Who waits for a change of a workspace's visits is woken: nobody asks again and again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID


class News:
    def __init__(self) -> None:
        self._waiting: dict[UUID, set[asyncio.Event]] = {}
        self._rung: dict[UUID, int] = {}  # times, since the server began
        self._is_closed = False

    def count(self, workspace: UUID) -> int:
        """Of the news so far: who reads it before they look at several things can tell later
        whether one of them may be another by now."""
        return self._rung.get(workspace, 0)

    def ring(self, workspace: UUID) -> None:
        self._rung[workspace] = self.count(workspace) + 1
        for event in self._waiting.get(workspace, ()):
            event.set()

    def close(self) -> None:
        """Nobody waits any longer."""
        self._is_closed = True
        for workspace in self._waiting:
            self.ring(workspace)

    @asynccontextmanager
    async def listen(self, workspace: UUID) -> AsyncIterator[asyncio.Event]:
        """Set by what comes from now on: listen, look, then wait, and nothing is missed."""
        event = asyncio.Event()
        if self._is_closed:
            event.set()
        self._waiting.setdefault(workspace, set()).add(event)
        try:
            yield event
        finally:
            waiting = self._waiting[workspace]
            waiting.discard(event)
            if not waiting:
                del self._waiting[workspace]


async def wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
