"""VP9 payload descriptor: which layer a packet is of, and where a decoder may start (RFC 9628)."""

Data = bytes | bytearray | memoryview


class Descriptor:
    """The descriptor that `read` took last (section 4.2)."""

    __slots__ = (
        "ends",
        "is_layered",
        "is_predicted",
        "layers",
        "payload",
        "picture_id",
        "spatial",
        "starts",
        "switches",
        "temporal",
    )

    def __init__(self) -> None:
        self.starts = False  # B: the first packet of a layer's frame
        self.ends = False  # E: the last one
        self.is_predicted = False  # P: from earlier pictures
        self.picture_id = -1  # 7 or 15 bits, -1 without
        self.is_layered = False  # the packet says of which layer it is
        self.temporal = 0
        self.spatial = 0
        self.switches = False  # U: later pictures need nothing of higher temporal layers before it
        self.layers = 0  # spatial ones, where the scalability structure is given
        self.payload = 0  # where the VP9 data starts

    @property
    def is_key(self) -> bool:
        """Does a picture start here that decodes by itself?"""
        return self.starts and not self.is_predicted and not self.spatial

    def read(self, data: Data, start: int, end: int) -> bool:
        """Take the descriptor of the payload `data[start:end]`. False: there is none.

        After False the fields mean nothing.
        """
        try:
            self.payload = self._read(data, start, end)
        except IndexError:
            return False
        return self.payload < end

    def _read(self, data: Data, start: int, end: int) -> int:
        """Returns the place behind it, which a descriptor that is cut off may put too far."""
        flags = data[start]
        at = start + 1
        self.is_predicted = flags & 0x40 != 0
        self.starts = flags & 0x08 != 0
        self.ends = flags & 0x04 != 0
        self.picture_id = -1
        self.is_layered = flags & 0x20 != 0
        self.temporal = self.spatial = self.layers = 0
        self.switches = False
        is_flexible = flags & 0x10 != 0
        if flags & 0x80:
            self.picture_id = data[at]
            at += 1
            if self.picture_id & 0x80:
                self.picture_id = (self.picture_id & 0x7F) << 8 | data[at]
                at += 1
        if self.is_layered:
            octet = data[at]
            self.temporal, self.spatial = octet >> 5, octet >> 1 & 0x07
            self.switches = octet & 0x10 != 0
            at += 1 if is_flexible else 2  # TL0PICIDX
        if is_flexible and self.is_predicted:
            at = _behind_references(data, at)
        return self._read_structure(data, at) if flags & 0x02 else at

    def _read_structure(self, data: Data, at: int) -> int:
        flags = data[at]
        at += 1
        self.layers = (flags >> 5) + 1
        if flags & 0x10:
            at += 4 * self.layers  # their sizes
        if flags & 0x08:
            count = data[at]
            at += 1
            for _ in range(count):
                at += 1 + (data[at] >> 2 & 0x03)
        return at


def _behind_references(data: Data, at: int) -> int:
    """At most three distances of pictures; the lowest bit says that another one follows."""
    for _ in range(3):
        at += 1
        if not data[at - 1] & 0x01:
            break
    return at
