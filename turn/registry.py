"""All allocations of a relay, the ports that are kept for later ones, and when each ends."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from turn.allocation import Allocation
from turn.ports import Ports, Relay
from turn.quota import User, Users

RESERVATION_LIFETIME = 30.0  # seconds (RFC 8656, section 7.2)
TOKEN_SIZE = 8
SPARE = 64  # entries of the heap that may be of nothing any more


@dataclass(slots=True, eq=False)
class Reservation:
    """A port beside an even one, kept for whoever has the token."""

    token: bytes
    relay: Relay
    user: User
    expires: float


class Registry:
    """Each of them stands in the heap once, and moves when its time has come and is later now."""

    def __init__(self, ports: Ports, users: Users, random: Callable[[int], bytes]) -> None:
        self.ports = ports
        self.users = users
        self.by_relay: dict[int, Allocation] = {}
        self._random = random
        self._reservations: dict[bytes, Reservation] = {}
        self._ends: list[tuple[float, int, Allocation | Reservation]] = []
        self._count = 0

    def count(self) -> int:
        """Of allocations."""
        return len(set(self.by_relay.values()))

    def add(self, allocation: Allocation) -> None:
        allocation.door.clients[allocation.client] = allocation
        for relay in allocation.relays.values():
            self.by_relay[relay.number] = allocation
        self._push(allocation)

    def remove(self, allocation: Allocation) -> None:
        """The user's count with it."""
        for family in list(allocation.relays):
            self.remove_family(allocation, family)

    def remove_family(self, allocation: Allocation, family: int) -> None:
        """With the last one the allocation ends."""
        relay = allocation.relays[family]
        allocation.close_family(family)
        del self.by_relay[relay.number]
        self.ports.release(relay)
        if not allocation.relays:
            del allocation.door.clients[allocation.client]
            self.users.release(allocation.user)

    def reserve(self, relay: Relay, user: User, now: float) -> bytes:
        """Returns the token; it counts as an allocation of that user."""
        token = self._random(TOKEN_SIZE)
        kept = Reservation(token, relay, user, now + RESERVATION_LIFETIME)
        self._reservations[token] = kept
        self._push(kept)
        return token

    def redeem(self, token: bytes, user: str, now: float) -> Reservation | None:
        """Only the user for whom it was kept; what the user counted for it goes with it."""
        kept = self._reservations.get(token)
        if kept is None or kept.expires <= now or kept.user.name != user:
            return None
        return self._reservations.pop(token)

    def next_end(self) -> float | None:
        return self._ends[0][0] if self._ends else None

    def expire(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now:
            _, _, ended = heapq.heappop(self._ends)
            if isinstance(ended, Reservation):
                self._expire_reservation(ended)
            elif ended.relays:
                if ended.expires <= now:
                    self.remove(ended)
                else:
                    self._push(ended)

    def _expire_reservation(self, kept: Reservation) -> None:
        if self._reservations.pop(kept.token, None) is not None:
            self.ports.release(kept.relay)
            self.users.release(kept.user)

    def _push(self, item: Allocation | Reservation) -> None:
        self._count += 1
        heapq.heappush(self._ends, (item.expires, self._count, item))
        if len(self._ends) > SPARE + 2 * (len(self.by_relay) + len(self._reservations)):
            self._sweep()

    def _sweep(self) -> None:
        """Forget those that were ended before their time."""
        self._ends = [end for end in self._ends if self._is_live(end[2])]
        heapq.heapify(self._ends)

    def _is_live(self, item: Allocation | Reservation) -> bool:
        if isinstance(item, Reservation):
            return item.token in self._reservations
        return bool(item.relays)
