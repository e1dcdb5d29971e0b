"""Packets on their way through the relay, in both directions."""

import struct
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from turn import channeldata
from turn.addresses import Address
from turn.allocation import Allocation, Channel, Door, family_of
from turn.drop import Drop
from turn.policy import Policy
from turn.registry import Registry
from turn.stun import (
    Attribute,
    Class,
    Message,
    Method,
    StunError,
    pack_xor_address,
    unpack_xor_address,
)

INDICATION_MAX = 65_400  # bytes of payload: with all around it that fits into a datagram


class Transmit(NamedTuple):
    """One datagram, through the socket or connection of this number."""

    via: int
    to: Address
    data: bytes
    is_whole: bool = False  # IP must not cut it (DONT-FRAGMENT)


class Lesson(NamedTuple):
    """What holds of a channel, both ways, until then: who relays there need not ask again.

    It ends before its time only with the allocation's address, when the relay's socket is closed,
    or when it is to be forgotten.
    """

    door: int
    client: Address
    is_stream: bool  # that the client comes by
    channel: int
    relay: int
    peer: Address
    meter: int  # the row of the user's
    until: float


class Forget(NamedTuple):
    """Lessons of this relay do not hold any more: its client has moved, or has gone for now."""

    relay: int


class Relaying:
    """`rate`: bytes per second that a user may relay; 0 is no limit.

    `teaches`: it notes a lesson with each packet that went through a channel.
    """

    def __init__(
        self,
        registry: Registry,
        policy: Policy,
        rate: float,
        random: Callable[[int], bytes],
        dropped: Counter[Drop],
        *,
        teaches: bool = False,
    ) -> None:
        self.transmits: list[Transmit] = []
        self.lessons: list[Lesson | Forget] = []  # in this order
        self._teaches = teaches
        registry.on_moved = self._forget
        self._registry = registry
        self._by_relay = registry.by_relay
        self._policy = policy
        self._rate = rate
        self._random = random
        self._dropped = dropped

    def relay_channel(self, door: Door, client: Address, data: bytes, now: float) -> None:
        """RFC 8656, section 12.6."""
        allocation = self._of(door, client, now)
        if allocation is None:
            return
        unpacked = channeldata.unpack(data)
        if unpacked is None:
            self._dropped[Drop.MALFORMED] += 1
            return
        number, payload = unpacked
        channel = allocation.channel(number, now)
        if channel is None:
            self._dropped[Drop.NO_CHANNEL] += 1
        elif not allocation.permits(channel.peer[0], now):
            self._dropped[Drop.NO_PERMISSION] += 1
        elif not allocation.user.may_send(len(payload), self._rate, now):
            self._dropped[Drop.BANDWIDTH] += 1
        else:
            self.transmits.append(Transmit(channel.relay, channel.peer, payload))
            self._teach(allocation, channel)

    def relay_send(self, door: Door, client: Address, message: Message, now: float) -> None:
        """A Send indication (RFC 8656, section 11.2)."""
        allocation = self._of(door, client, now)
        if allocation is None:
            return
        payload = message.get(Attribute.DATA)
        peer = read_peer(message)
        if payload is None or peer is None:
            self._dropped[Drop.MALFORMED] += 1
        elif message.unknown_attributes():
            self._dropped[Drop.UNKNOWN_ATTRIBUTE] += 1
        elif not self._policy.allows(peer):
            self._dropped[Drop.FORBIDDEN_PEER] += 1
        elif not allocation.permits(peer[0], now):
            self._dropped[Drop.NO_PERMISSION] += 1
        elif not allocation.user.may_send(len(payload), self._rate, now):
            self._dropped[Drop.BANDWIDTH] += 1
        else:
            relay = allocation.relays[family_of(peer[0])]
            whole = message.has(Attribute.DONT_FRAGMENT)
            self.transmits.append(Transmit(relay.number, peer, payload, whole))

    def receive_from_peer(self, relay: int, peer: Address, data: bytes, now: float) -> None:
        """RFC 8656, sections 11.3 and 12.7."""
        allocation = self._permitting(relay, peer, now)
        if allocation is None:
            return
        if not allocation.user.may_send(len(data), self._rate, now):
            self._dropped[Drop.BANDWIDTH] += 1
            return
        number = allocation.number_of(peer, now)
        if number is not None:
            packed = channeldata.pack(number, data, padded=allocation.door.is_stream)
            self.transmits.append(Transmit(allocation.door.number, allocation.client, packed))
            self._teach(allocation, allocation.channels[number])
        else:
            self._indicate(allocation, peer, (Attribute.DATA, data))

    def receive_icmp(
        self, relay: int, peer: Address, kind: int, code: int, info: int, now: float
    ) -> None:
        """What came back of a packet to this peer (RFC 8656, sections 11.5 and 18.13)."""
        allocation = self._permitting(relay, peer, now)
        if allocation is not None:
            # Type and code share 16 bits: seven for the type, nine for the code; then 32 bits.
            value = struct.pack("!HHI", 0, (kind & 0x7F) << 9 | code & 0x1FF, info & 0xFFFFFFFF)
            self._indicate(allocation, peer, (Attribute.ICMP, value))

    def _of(self, door: Door, client: Address, now: float) -> Allocation | None:
        """Whose client this is. Who has moved has arrived with the first packet."""
        allocation = door.clients.get(client)
        if allocation is None or allocation.expires <= now:
            self._dropped[Drop.NO_ALLOCATION] += 1
            return None
        if allocation.moving is not None:
            self._registry.arrive(allocation, door, client)
        return allocation

    def _forget(self, relays: Iterable[int]) -> None:
        if self._teaches:
            self.lessons += map(Forget, relays)

    def _teach(self, allocation: Allocation, channel: Channel) -> None:
        if self._teaches:
            door, user = allocation.door, allocation.user
            until = allocation.holds_until(channel)
            self.lessons.append(
                Lesson(
                    door.number, allocation.client, door.is_stream,
                    channel.number, channel.relay, channel.peer, user.row, until,
                )
            )  # fmt: skip

    def _permitting(self, relay: int, peer: Address, now: float) -> Allocation | None:
        allocation = self._by_relay.get(relay)
        if allocation is None or allocation.expires <= now:
            self._dropped[Drop.NO_ALLOCATION] += 1
            return None
        if not allocation.permits(peer[0], now):
            self._dropped[Drop.NO_PERMISSION] += 1
            return None
        return allocation

    def _indicate(self, allocation: Allocation, peer: Address, content: tuple[int, bytes]) -> None:
        """A Data indication."""
        if len(content[1]) > INDICATION_MAX:
            self._dropped[Drop.TOO_LONG] += 1
            return
        transaction = self._random(12)
        address = (int(Attribute.XOR_PEER_ADDRESS), pack_xor_address(peer, transaction))
        data = bytes(Message(Method.DATA, Class.INDICATION, transaction, [address, content]))
        self.transmits.append(Transmit(allocation.door.number, allocation.client, data))


def read_peer(message: Message) -> Address | None:
    value = message.get(Attribute.XOR_PEER_ADDRESS)
    try:
        return None if value is None else unpack_xor_address(value, message.transaction)
    except StunError:
        return None
