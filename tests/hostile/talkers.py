"""A call of two in a process of its own, which others may join while it goes on.

`python -m tests.hostile.talkers URL KEY SECRET ROOM` takes a word per line: `mark` begins a
measurement, `tell` ends it, `join` lets a third person in and out again. Each is answered by a line
of JSON.
"""

import asyncio
import json
import sys
import time
from typing import Any

import uvloop

from tests.harness.server import Server
from tests.hostile.talker import Heard, Talker

PATIENCE = 15.0  # seconds for a join and the first sound
LONGEST = 50  # gaps that are told
ENOUGH = 10  # packets of each, until somebody is in


class Call:
    def __init__(self, server: Server, room: str) -> None:
        self._server = server
        self._room = room
        self._talkers: list[Talker] = []
        self._running: list[asyncio.Task[None]] = []
        self._joined = 0
        self._marked = 0

    async def begin(self) -> dict[str, Any]:
        for single in (True, False):
            await self._enter(f"talker-{single}", single)
        await self._until(lambda: all(self._hears(one, 1) for one in self._talkers))
        return {}

    async def mark(self) -> dict[str, Any]:
        for talker in self._talkers:
            talker.heard.clear()
        self._marked = time.time_ns()
        return {}

    async def tell(self) -> dict[str, Any]:
        """Of all that the two have heard of each other, and of those who joined meanwhile."""
        for task in self._running:
            if task.done():
                task.result()
        heard = [one for talker in self._talkers for one in talker.heard.values()]
        longest = [
            max(talker.heard.values(), key=size, default=Heard()) for talker in self._talkers
        ]
        now = time.time_ns()
        gaps = [gap for one in longest for gap in one.gaps(self._marked, now)]
        return {
            "packets": [len(one.came) for one in longest],
            "gaps": sorted(gaps)[-LONGEST:],
            "lost": sum(one.lost() for one in heard),
        }

    async def join(self) -> dict[str, Any]:
        """Until the third hears both and both hear it, then it leaves."""
        began = time.monotonic()
        self._joined += 1
        before = [set(talker.heard) for talker in self._talkers]
        third = Talker(single=self._joined % 2 == 0)
        token = self._server.token(f"third-{self._joined}", self._room)
        task = asyncio.create_task(third.run(self._server.url, token))
        try:
            await self._until(lambda: self._hears(third, 2), task)
            await self._until(
                lambda: all(
                    set(talker.heard) - known
                    for talker, known in zip(self._talkers, before, strict=True)
                ),
                task,
            )
            took = time.monotonic() - began
            await third.leave()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return {"joined": round(took, 3)}

    async def _enter(self, identity: str, single: bool) -> None:
        talker = Talker(single=single)
        token = self._server.token(identity, self._room)
        self._running.append(asyncio.create_task(talker.run(self._server.url, token)))
        self._talkers.append(talker)
        await self._until(talker.joined.is_set, self._running[-1])

    def _hears(self, talker: Talker, others: int) -> bool:
        return sum(size(one) >= ENOUGH for one in talker.heard.values()) >= others

    async def _until(self, look: Any, task: "asyncio.Task[None] | None" = None) -> None:
        async with asyncio.timeout(PATIENCE):
            while not look():
                if task is not None and task.done():
                    task.result()
                await asyncio.sleep(0.01)


def size(heard: Heard) -> int:
    return len(heard.came)


async def main(url: str, key: str, secret: str, room: str) -> None:
    call = Call(Server(url, key, secret), room)
    words = {"mark": call.mark, "tell": call.tell, "join": call.join}
    print(json.dumps(await call.begin()), flush=True)
    loop = asyncio.get_running_loop()
    while word := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        try:
            answer = await words[word]()
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
