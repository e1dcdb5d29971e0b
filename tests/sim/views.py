"""What a simulated subscriber makes of its packets."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from sfu import rtp
from simulcast.descriptors.vp8 import Descriptor
from tests.sim.media import Got
from tests.sim.sources import MARK


@dataclass(slots=True)
class Vp8View:
    """What a decoder would see of a packet."""

    layer: int
    frame: int
    index: int
    count: int
    picture: int
    tl0: int
    key: int
    starts: bool
    is_key: bool


def look(payload: bytes) -> Vp8View:
    found = Descriptor()
    assert found.read(payload, 0, len(payload))
    layer, frame, index, count = MARK.unpack_from(payload, found.payload + 1)
    ids = found.picture_id, found.tl0, found.key_index
    return Vp8View(layer, frame, index, count, *ids, found.starts, found.is_key)


def in_order(packets: Iterable[Got]) -> list[Got]:
    """By extended sequence number, each once."""
    found: dict[int, Got] = {}
    highest = None
    for packet in packets:
        if highest is None:
            highest = packet.sequence + 0x10000
        extended = rtp.unwrap(highest, packet.sequence)
        highest = max(highest, extended)
        found.setdefault(extended, packet)
    return [found[number] for number in sorted(found)]


def gaps(packets: Iterable[Got]) -> list[int]:
    """Sequence numbers that are missing between the first and the last."""
    ordered = in_order(packets)
    missing = []
    for before, after in pairwise(ordered):
        number = before.sequence + 1 & 0xFFFF
        while number != after.sequence:
            missing.append(number)
            number = number + 1 & 0xFFFF
    return missing
