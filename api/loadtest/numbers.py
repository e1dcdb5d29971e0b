"""Where the transport-wide number stands in the headers of each stream."""

from api.loadtest.loops import PADDING
from api.loadtest.slots import Slots
from api.loadtest.streams import Streams
from sfu.extensions import locate
from sfu.rtp import Header

HEADER_MOST = 200  # bytes


def learn(slots: Slots, row: int, streams: Streams, stream: int) -> int:
    """From the packet in a slot. Loops look there as long as headers have the same shape.

    Returns where the element begins in the packet; 0 without one.
    """
    packet = bytearray(slots.content(row, HEADER_MOST))
    packet[0] &= ~PADDING & 0xFF  # its length is encrypted
    known = streams.known
    known.shape[stream] = int.from_bytes(packet[12:16], "big")
    known.offset[stream] = 0
    header = Header()
    if header.read(packet, len(packet)):
        places = locate(packet, header.profile, header.extension, header.extension_end)
        place = places.get(int(known.number_id[stream]))
        known.offset[stream] = place[0] - 1 if place else 0
    return int(known.offset[stream])
