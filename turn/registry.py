"""All allocations of a relay, the ports that are kept for later ones, and when each ends."""

import heapq
from collections.abc import Callable, Collection
from dataclasses import dataclass

from turn.addresses import Address
from turn.allocation import Allocation, Door
from turn.ports import Ports, Relay
from turn.quota import User, Users
from turn.tickets import Tickets

RESERVATION_LIFETIME = 30.0  # seconds (RFC 8656, section 7.2)
TOKEN_SIZE = 8
ABSENCE = 60.0  # seconds that an allocation with a ticket is kept when its connection has ended
SPARE = 64  # entries of the heap that may be of nothing any more


@dataclass(slots=True, eq=False)
class Reservation:
    """A port beside an even one, kept for whoever has the token."""

    token: bytes
    relay: Relay
    user: User
    expires: float


class Registry:
    """Each of them stands in the heap, and moves when its time has come and is later now."""

    def __init__(self, ports: Ports, users: Users, random: Callable[[int], bytes]) -> None:
        self.ports = ports
        self.users = users
        self.by_relay: dict[int, Allocation] = {}
        self.by_ticket: dict[bytes, Allocation] = {}
        self.tickets = Tickets(random)
        # Told which relays have another client now, or none for some time.
        self.on_moved: Callable[[Collection[int]], None] = lambda relays: None
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
        if allocation.ticket is not None:
            self.by_ticket[allocation.ticket] = allocation
        self._push(allocation)

    def move(self, allocation: Allocation, door: Door, client: Address) -> None:
        """The client has shown its ticket there; it gets another one."""
        if allocation.moving is not None:
            self._forget_place(*allocation.moving)
        door.clients[client] = allocation
        allocation.moving = door, client
        self._forget_ticket(allocation.old_ticket)
        allocation.old_ticket, allocation.ticket = allocation.ticket, self.tickets.make()
        self.by_ticket[allocation.ticket] = allocation
        if not allocation.door.is_open:
            self.settle(allocation)

    def arrive(self, allocation: Allocation, door: Door, client: Address) -> None:
        """Its client has said something there; it may be where it is moving to."""
        if allocation.moving == (door, client):
            self.settle(allocation)

    def settle(self, allocation: Allocation) -> None:
        """It is where it was moving to."""
        if allocation.moving is not None:
            self._forget_place(allocation.door, allocation.client)
            allocation.door, allocation.client = allocation.moving
            allocation.moving = None
            self._tell_moved(allocation)

    def leave(self, allocation: Allocation, door: Door, now: float) -> None:
        """This connection of its client has ended. Without a ticket the allocation does too."""
        if allocation.moving is not None and allocation.moving[0] is door:
            self._forget_place(*allocation.moving)
            allocation.moving = None
        elif allocation.moving is not None:
            self.settle(allocation)
        if not allocation.door.is_open and allocation.ticket is None:
            self.remove(allocation)
        elif not allocation.door.is_open:
            allocation.expires = min(allocation.expires, now + ABSENCE)
            self._push(allocation)
            self._tell_moved(allocation)

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
            for door, client in allocation.places:
                self._forget_place(door, client)
            for ticket in allocation.ticket, allocation.old_ticket:
                self._forget_ticket(ticket)
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

    def _forget_place(self, door: Door, client: Address) -> None:
        door.clients.pop(client, None)

    def _forget_ticket(self, ticket: bytes | None) -> None:
        if ticket is not None:
            self.by_ticket.pop(ticket, None)

    def _tell_moved(self, allocation: Allocation) -> None:
        self.on_moved([relay.number for relay in allocation.relays.values()])

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
