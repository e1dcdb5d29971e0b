"""What stands in the headers of single packets, while the ring has them: dependency descriptors,
and when pictures and sound were captured.

A capture time is in the publisher's clock, and so are the sender reports that we make: it goes on
as it is. The offset between that clock and the capturer's is left out, as LiveKit does.
"""

from typing import NamedTuple

from sfu.extensions import Data
from sfu.ring import Ring
from sfu.subscription import Head, Subscription

LONGEST = 1350  # bytes of payload and details: there must be room for the rest of a datagram
CAPTURE = 8  # bytes, an NTP time


class Details(NamedTuple):
    reference: int  # the packet's
    descriptor: bytes
    capture: bytes


NONE = Details(-1, b"", b"")


class Descriptors:
    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._found: dict[int, Details] = {}  # by slot

    def __bool__(self) -> bool:
        """Has any packet's?"""
        return bool(self._found)

    def put(self, slot: int, size: int, descriptor: bytes = b"", capture: bytes = b"") -> None:
        """For the packet in `slot` with so many bytes of payload."""
        if size + len(descriptor) > LONGEST:
            descriptor = b""
        if size + len(descriptor) + len(capture) > LONGEST:
            capture = b""
        if descriptor or capture:
            self._found[slot] = Details(self._ring.reference(slot), descriptor, capture)
        else:
            self._found.pop(slot, None)

    def has(self, reference: int) -> bool:
        """Does the packet's header have something of its own?"""
        return self._get(reference) is not NONE

    def capture(self, slot: int) -> bytes:
        """When what is in the packet was captured; empty: it does not say."""
        return self._get(self._ring.reference(slot)).capture

    def head(self, subscription: Subscription, reference: int) -> Head:
        """The packet's header for a subscriber that has agreed on the extensions."""
        _, descriptor, capture = self._get(reference)
        descriptor = descriptor if subscription.is_described else b""
        capture = capture if subscription.has_captures else b""
        if not descriptor and not capture:
            return subscription.head
        return subscription.head_with(descriptor, capture)

    def _get(self, reference: int) -> Details:
        found = self._found.get(reference & 0xFFFFFF, NONE)
        return found if found.reference == reference else NONE


def capture_time(data: Data, place: tuple[int, int] | None) -> bytes:
    """The value of `ABS_CAPTURE_TIME` without the offset; empty when it says nothing."""
    if place is None or place[1] < CAPTURE:
        return b""
    value = bytes(data[place[0] : place[0] + CAPTURE])
    return value if any(value) else b""
