"""How much one user may take of the relay: allocations, bytes, time."""

from dataclasses import dataclass, field


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


@dataclass(slots=True)
class User:
    name: str
    allocations: int = 0
    spent: float = 0.0  # bytes, less what has come back since
    time: float = 0.0

    def may_send(self, size: int, rate: float, now: float) -> bool:
        """One second's worth can be sent at once."""
        if rate <= 0:
            return True
        spent = max(0.0, self.spent - (now - self.time) * rate) + size
        if spent > rate:
            return False
        self.spent, self.time = spent, now
        return True


@dataclass
class Users:
    """Those that have an allocation now; nothing is kept of others."""

    limits: Limits
    _users: dict[str, User] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._users)

    def admit(self, name: str, count: int) -> User | None:
        """Count so many allocations more; None: that would be too many."""
        user = self._users.get(name) or User(name)
        most = self.limits.allocations
        if most and user.allocations + count > most:
            return None
        user.allocations += count
        self._users[name] = user
        return user

    def release(self, user: User, count: int = 1) -> None:
        user.allocations -= count
        if not user.allocations:
            self._users.pop(user.name, None)
