"""When a media process looks for cyclic garbage: never while a long look would be heard.

A look at everything takes longer the more subscriptions there are (16 ms with 10,000, measured)
and as a rule finds nothing: who leaves is freed at once, without it (tests/sfu/test_node.py).
So only young objects are looked at as usual, and old ones when nobody is there or each hour.
"""

import asyncio
import gc

from sfu.commands import AddPeer, Command, RemovePeer

YOUNG = 300  # new objects until the youngest are looked at: 0.1 ms
MIDDLE = 3  # such looks until one at those that survived them: 0.1 ms more, however many join
NEVER = 1 << 30
QUIET = 1.0  # seconds that nobody has been there
LATEST = 3600.0  # seconds


class Garbage:
    """Made once a process is ready: what is there then is there for good."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._peers: set[str] = set()
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG, MIDDLE, NEVER)
        self._latest = self._loop.time() + LATEST
        self._timer = self._loop.call_at(self._latest, self._collect)

    def observe(self, command: Command) -> None:
        """A command that the engine has carried out."""
        if isinstance(command, AddPeer):
            self._peers.add(command.peer)
            if len(self._peers) == 1:
                self._collect_at(self._latest)
        elif isinstance(command, RemovePeer) and command.peer in self._peers:
            self._peers.remove(command.peer)
            if not self._peers:
                self._collect_at(self._loop.time() + QUIET)

    def close(self) -> None:
        self._timer.cancel()

    def _collect_at(self, when: float) -> None:
        self._timer.cancel()
        self._timer = self._loop.call_at(when, self._collect)

    def _collect(self) -> None:
        gc.collect()
        self._latest = self._loop.time() + LATEST
        self._collect_at(self._latest)
