"""VP8 payload descriptor: read, and renumber in place (RFC 7741, section 4.2)."""

Data = bytes | bytearray | memoryview

START_CODE = b"\x9d\x01\x2a"  # RFC 6386, section 9.1


class Descriptor:
    """The descriptor that `read` took last. Offsets count from the start of `data`.

    A field that the packet lacks is -1, its offset 0.
    """

    __slots__ = (
        "is_key",
        "is_wide",
        "key_index",
        "payload",
        "picture_id",
        "picture_id_at",
        "starts",
        "sync",
        "temporal",
        "temporal_at",
        "tl0",
        "tl0_at",
    )

    def __init__(self) -> None:
        self.starts = False  # the first packet of a frame
        self.is_key = False  # the first packet of a key frame
        self.picture_id = -1  # 7 or 15 bits
        self.picture_id_at = 0
        self.is_wide = False  # the picture id has 15 bits
        self.tl0 = -1  # TL0PICIDX, 8 bits
        self.tl0_at = 0
        self.temporal = 0  # TID; 0 when the packet has none
        self.sync = False  # Y
        self.key_index = -1  # KEYIDX, 5 bits
        self.temporal_at = 0  # the octet of TID, Y and KEYIDX
        self.payload = 0  # where the VP8 data starts

    def read(self, data: Data, start: int, end: int) -> bool:
        """Take the descriptor of the payload `data[start:end]`. False: there is none.

        After False the fields mean nothing.
        """
        if start >= end:
            return False
        first = data[start]
        self.starts = first & 0x17 == 0x10  # S is set, PID is 0
        self.picture_id = self.tl0 = self.key_index = -1
        self.picture_id_at = self.tl0_at = self.temporal_at = self.temporal = 0
        self.is_wide = self.sync = False
        at = start + 1
        if first & 0x80:
            # The last fields may lie as far as six octets behind X: check once, with a short way
            # for packets that end there.
            if at + 6 > end and not _holds(data, at, end):
                return False
            at = self._read_extension(data, at)
        self.payload = at
        # A frame tag's lowest bit is 0 for a key frame (RFC 6386, section 9.1).
        self.is_key = self.starts and at < end and not data[at] & 0x01
        return at < end

    def _read_extension(self, data: Data, at: int) -> int:
        flags = data[at]
        at += 1
        if flags & 0x80:
            self.picture_id_at = at
            self.picture_id = data[at]
            at += 1
            if self.picture_id & 0x80:
                self.is_wide = True
                self.picture_id = (self.picture_id & 0x7F) << 8 | data[at]
                at += 1
        if flags & 0x40:
            self.tl0_at = at
            self.tl0 = data[at]
            at += 1
        if flags & 0x30:
            self.temporal_at = at
            octet = data[at]
            at += 1
            if flags & 0x20:
                self.temporal = octet >> 6
                self.sync = octet & 0x20 != 0
            if flags & 0x10:
                self.key_index = octet & 0x1F
        return at


def _holds(data: Data, at: int, end: int) -> bool:
    """Does the extension at `at` end before `end`?"""
    if at >= end:
        return False
    flags = data[at]
    size = 1 + (flags >> 7) + (flags >> 6 & 1) + (1 if flags & 0x30 else 0)
    if flags & 0x80:
        if at + 1 >= end:
            return False
        size += data[at + 1] >> 7
    return at + size <= end


def write_picture_id(data: bytearray | memoryview, at: int, value: int, *, wide: bool) -> None:
    """Renumber in place; the width stays as the publisher chose it. `value` wraps."""
    if wide:
        data[at] = 0x80 | value >> 8 & 0x7F
        data[at + 1] = value & 0xFF
    else:
        data[at] = value & 0x7F


def write_tl0(data: bytearray | memoryview, at: int, value: int) -> None:
    data[at] = value & 0xFF


def write_key_index(data: bytearray | memoryview, at: int, value: int) -> None:
    data[at] = data[at] & 0xE0 | value & 0x1F


def build(picture_id: int = -1, tl0: int = -1, key_index: int = -1, *, wide: bool = True) -> bytes:
    """The descriptor of a frame in one packet, of the lowest temporal layer; -1: not there."""
    has_temporal = tl0 >= 0 or key_index >= 0
    flags = (picture_id >= 0) << 7 | (tl0 >= 0) << 6 | has_temporal << 5 | (key_index >= 0) << 4
    if not flags:
        return b"\x10"
    data = bytes([0x90, flags])
    if picture_id >= 0:
        data += (0x8000 | picture_id).to_bytes(2, "big") if wide else bytes([picture_id & 0x7F])
    if tl0 >= 0:
        data += bytes([tl0])
    if has_temporal:
        data += bytes([0x20 | max(key_index, 0)])  # Y: nothing but the lowest layer is needed
    return data


def frame_size(data: Data, payload: int, end: int) -> tuple[int, int] | None:
    """Width and height in the first packet of a key frame (RFC 6386, section 9.1)."""
    if end - payload < 10 or bytes(data[payload + 3 : payload + 6]) != START_CODE:
        return None
    width = (data[payload + 7] << 8 | data[payload + 6]) & 0x3FFF
    height = (data[payload + 9] << 8 | data[payload + 8]) & 0x3FFF
    return width, height
