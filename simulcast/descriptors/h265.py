"""H265 payloads: where a decoder may start (RFC 7798)."""

Data = bytes | bytearray | memoryview

VPS, SPS = 32, 33  # NAL unit types (ITU-T H.265, table 7-1)
IRAP = range(16, 24)  # pictures at which decoding may begin
AGGREGATION, FRAGMENT = 48, 49  # sections 4.4.2, 4.4.3


def is_key_frame(data: Data, start: int, end: int) -> bool:
    """Does a parameter set, or the first part of a picture to begin with, lie in this packet?"""
    return any(kind in IRAP or kind in (VPS, SPS) for kind in _started(data, start, end))


def has_parameters(data: Data, start: int, end: int) -> bool:
    """Is there a video or sequence parameter set in this packet?"""
    return any(kind in (VPS, SPS) for kind in _started(data, start, end))


def _started(data: Data, start: int, end: int) -> list[int]:
    """The types of the NAL units that start in this packet."""
    if end - start < 3:
        return []
    kind = data[start] >> 1 & 0x3F
    if kind == FRAGMENT:
        head = data[start + 2]
        return [head & 0x3F] if head & 0x80 else []
    if kind != AGGREGATION:
        return [kind]
    kinds = []
    at = start + 2
    while at + 2 < end:
        kinds.append(data[at + 2] >> 1 & 0x3F)
        at += 2 + (data[at] << 8 | data[at + 1])
    return kinds
