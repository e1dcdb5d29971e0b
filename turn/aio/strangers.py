"""Connections that have no allocation: how many there may be, and for how long."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from turn.credit import source

PATIENCE = 10.0  # seconds that a connection may be without an allocation
STRANGERS = 2000  # connections without an allocation, at most
STRANGERS_OF_ONE = 200  # of one source; a hospital may be one


@dataclass
class Strangers:
    """Counts connections that have no allocation yet."""

    of: Counter[str | int] = field(default_factory=Counter)

    def admit(self, host: str) -> bool:
        origin = source(host)
        if self.of.total() >= STRANGERS or self.of[origin] >= STRANGERS_OF_ONE:
            return False
        self.of[origin] += 1
        return True

    def release(self, host: str) -> None:
        origin = source(host)
        self.of[origin] -= 1
        if not self.of[origin]:
            del self.of[origin]


class Trial:
    """One connection, which was admitted: while it lasts it has to have an allocation.

    `is_in_use` tells whether it has; `end` is called when it had none for too long.
    """

    def __init__(
        self,
        strangers: Strangers,
        host: str,
        is_in_use: Callable[[], bool],
        end: Callable[[], None],
    ) -> None:
        self._strangers = strangers
        self._host = host
        self._is_in_use = is_in_use
        self._end = end
        self._is_stranger = True
        self._arm()

    def look(self) -> None:
        """It has said something: a stranger may be none any more."""
        if self._is_stranger and self._is_in_use():
            self._release()

    def close(self) -> None:
        self._timer.cancel()
        if self._is_stranger:
            self._release()

    def _release(self) -> None:
        self._is_stranger = False
        self._strangers.release(self._host)

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._judge)

    def _judge(self) -> None:
        if self._is_in_use():
            self._arm()
        else:
            self._end()
