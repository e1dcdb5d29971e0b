"""The dependency descriptors of packets that leave with one, while the ring has the packets."""

from sfu.ring import Ring
from sfu.subscription import Head, Subscription

LONGEST = 1350  # bytes of payload and descriptor: there must be room for the rest of a datagram


class Descriptors:
    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._found: dict[int, tuple[int, bytes]] = {}  # by slot: the packet's reference

    def put(self, slot: int, size: int, descriptor: bytes) -> None:
        """For the packet in `slot` with so many bytes of payload."""
        if descriptor and size + len(descriptor) <= LONGEST:
            self._found[slot] = self._ring.reference(slot), descriptor
        else:
            self._found.pop(slot, None)

    def head(self, subscription: Subscription, reference: int) -> Head:
        """The packet's header for a subscriber that has agreed on the extension."""
        slot = reference & 0xFFFFFF
        held, descriptor = self._found.get(slot, (0, b""))
        return subscription.head_with(descriptor) if held == reference else subscription.head
