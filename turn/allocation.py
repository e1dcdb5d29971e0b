"""What one client has at the relay: its addresses, whom it may send to, and until when."""

from dataclasses import dataclass, field
from typing import NamedTuple

from turn.addresses import Address
from turn.ports import Relay
from turn.quota import User

PERMISSION_LIFETIME = 300.0  # seconds (RFC 8656, section 9)
CHANNEL_LIFETIME = 600.0  # (section 12)


def family_of(host: str) -> int:
    return 2 if ":" in host else 1


@dataclass(slots=True)
class Door:
    """Where clients come in: a UDP socket with any number of them, or one TCP or TLS connection.

    Together with a client's address it is the five-tuple that an allocation belongs to.
    """

    number: int
    is_stream: bool
    clients: "dict[Address, Allocation]" = field(default_factory=dict)
    is_open: bool = True


class Channel(NamedTuple):
    number: int
    peer: Address
    relay: int  # the socket that leads there


@dataclass(slots=True, eq=False)
class Allocation:
    door: Door  # with the client: where what comes from peers goes
    client: Address
    user: User
    username: str  # only requests with this one are for it (RFC 8656, section 5)
    transaction: bytes  # of the request that made it
    token: bytes | None  # of the port that was reserved with it
    begun: float
    expires: float
    relays: dict[int, Relay]  # by family
    ticket: bytes | None = None  # to move by (`mobility.py`)
    old_ticket: bytes | None = None  # by which it has moved
    moving: "tuple[Door, Address] | None" = None  # there, as soon as the client sends something
    failed: dict[int, int] = field(default_factory=dict)  # family that was asked for -> why not
    permissions: dict[str, float] = field(default_factory=dict)  # host -> when it ends
    channels: dict[int, Channel] = field(default_factory=dict)
    numbers: dict[Address, int] = field(default_factory=dict)  # peer -> its channel's number
    bound: dict[int, float] = field(default_factory=dict)  # channel's number -> when it ends

    @property
    def places(self) -> list[tuple[Door, Address]]:
        """Five-tuples that its client speaks by; the last one is the newest."""
        here = self.door, self.client
        return [here] if self.moving is None else [here, self.moving]

    @property
    def newest(self) -> tuple[Door, Address]:
        return self.places[-1]

    def permits(self, host: str, now: float) -> bool:
        return self.permissions.get(host, 0.0) > now

    def may_permit(self, hosts: set[str], most: int, now: float) -> bool:
        self._forget(now)
        return len(self.permissions.keys() | hosts) <= most

    def permit(self, host: str, now: float) -> None:
        """Or do so for longer."""
        self.permissions[host] = now + PERMISSION_LIFETIME

    def channel(self, number: int, now: float) -> Channel | None:
        """The one of this number while it is bound."""
        return self.channels[number] if self.bound.get(number, 0.0) > now else None

    def number_of(self, peer: Address, now: float) -> int | None:
        number = self.numbers.get(peer)
        return number if number is not None and self.bound[number] > now else None

    def holds_until(self, channel: Channel) -> float:
        """Nothing of it ends before; it may be made to last longer."""
        return min(self.expires, self.bound[channel.number], self.permissions[channel.peer[0]])

    def bind(self, channel: Channel, now: float) -> None:
        """Or do so for longer; it permits too (RFC 8656, section 12.2)."""
        self.channels[channel.number] = channel
        self.numbers[channel.peer] = channel.number
        self.bound[channel.number] = now + CHANNEL_LIFETIME
        self.permit(channel.peer[0], now)

    def may_bind(self, most: int, now: float) -> bool:
        self._forget(now)
        return len(self.channels) < most

    def close_family(self, family: int) -> None:
        """Permissions and channels that led through it end."""
        relay = self.relays.pop(family)
        for host in [host for host in self.permissions if family_of(host) == family]:
            del self.permissions[host]
        for channel in [c for c in self.channels.values() if c.relay == relay.number]:
            self._unbind(channel)

    def _forget(self, now: float) -> None:
        """What has ended: it does not count any more."""
        for host in [host for host, ends in self.permissions.items() if ends <= now]:
            del self.permissions[host]
        for channel in [c for c in self.channels.values() if self.bound[c.number] <= now]:
            self._unbind(channel)

    def _unbind(self, channel: Channel) -> None:
        del self.channels[channel.number], self.numbers[channel.peer], self.bound[channel.number]
