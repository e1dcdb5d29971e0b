"""What simulated publishers write into each payload, so that a subscriber can tell what it got."""

import struct
from typing import NamedTuple

MAGIC = b"\xa5MARK"
FIELDS = struct.Struct("!BBBBIIHBB")


class Mark(NamedTuple):
    track: int
    layer: int  # 0 to 2
    generation: int  # counts the breaks in a layer's numbering, timestamps or format
    temporal: int  # temporal layer
    number: int  # of the packet in its layer, probes without payload left out
    timestamp: int  # as the publisher wrote it
    frame: int  # modulo 65536
    part: int  # of the frame, from 0
    flags: int  # LAST, KEY

    @property
    def is_last(self) -> bool:
        return self.flags & LAST != 0

    @property
    def is_key(self) -> bool:
        """Of a key frame."""
        return self.flags & KEY != 0

    @property
    def starts_key(self) -> bool:
        return self.is_key and self.part == 0


LAST, KEY = 1, 2  # the frame's last packet; of a key frame
SIZE = len(MAGIC) + FIELDS.size


def write(mark: Mark) -> bytes:
    return MAGIC + FIELDS.pack(*mark)


def read(payload: bytes) -> list[Mark]:
    """All marks of a payload, RED has several: the packet's own is the last."""
    found = []
    at = payload.find(MAGIC)
    while at >= 0:
        found.append(Mark(*FIELDS.unpack_from(payload, at + len(MAGIC))))
        at = payload.find(MAGIC, at + SIZE)
    return found
