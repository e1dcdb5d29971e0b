"""How much one user may take of the relay: allocations, bytes, time."""

from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray

ROWS = 16  # of meters, at first


@dataclass(frozen=True)
class Limits:
    """0 is no limit, of the first three."""

    allocations: int = 12  # of one user, at a time
    bandwidth: float = 12_500_000.0  # bytes per second of one user, both ways together
    age: float = 86_400.0  # seconds after which an allocation is not refreshed any more
    lifetime: float = 3600.0  # seconds at most that one Allocate or Refresh gives
    default_lifetime: float = 600.0  # what it gives when not asked, and at least
    permissions: int = 64  # of one allocation
    channels: int = 64


class Meters:
    """What each user has spent, less what has come back since, and when that was.

    Two numbers in a row, which compiled loops count in too (`turn/lanes.py`). Another array takes
    the place of `rows` when there are more users.
    """

    def __init__(self) -> None:
        self.rows: NDArray[np.float64] = np.zeros((ROWS, 2))
        self._flat = flat(self.rows)
        self._free = list(range(ROWS))

    def take(self) -> int:
        """A row for somebody who has spent nothing."""
        if not self._free:
            size = len(self.rows)
            self.rows = np.concatenate([self.rows, np.zeros_like(self.rows)])
            self._flat = flat(self.rows)
            self._free = list(range(size, 2 * size))
        row = self._free.pop()
        self.rows[row] = 0
        return row

    def release(self, row: int) -> None:
        self._free.append(row)

    def may_send(self, row: int, size: int, rate: float, now: float) -> bool:
        """One second's worth can be sent at once."""
        if rate <= 0:
            return True
        numbers, at = self._flat, 2 * row
        spent = max(0.0, numbers[at] - (now - numbers[at + 1]) * rate) + size
        if spent > rate:
            return False
        numbers[at], numbers[at + 1] = spent, now
        return True


def flat(rows: NDArray[np.float64]) -> "memoryview[float]":
    """The same numbers, as Python reads them fastest."""
    return cast("memoryview[float]", rows.reshape(-1).data)


@dataclass(slots=True)
class User:
    name: str
    row: int  # of the meters
    meters: Meters
    allocations: int = 0

    def may_send(self, size: int, rate: float, now: float) -> bool:
        return self.meters.may_send(self.row, size, rate, now)


@dataclass
class Users:
    """Those that have an allocation now; nothing is kept of others."""

    limits: Limits
    meters: Meters = field(default_factory=Meters)
    _users: dict[str, User] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._users)

    def admit(self, name: str, count: int) -> User | None:
        """Count so many allocations more; None: that would be too many."""
        user = self._users.get(name)
        most = self.limits.allocations
        if most and (user.allocations if user else 0) + count > most:
            return None
        if user is None:
            user = User(name, self.meters.take(), self.meters)
        user.allocations += count
        self._users[name] = user
        return user

    def release(self, user: User, count: int = 1) -> None:
        user.allocations -= count
        if not user.allocations:
            del self._users[user.name]
            self.meters.release(user.row)
