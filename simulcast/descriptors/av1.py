"""AV1 payloads: where a temporal unit and a coded video sequence start (AV1 RTP, section 4.4)."""

Data = bytes | bytearray | memoryview

CONTINUES, NEW_SEQUENCE = 0x80, 0x08  # Z and N of the aggregation header


def is_continued(data: Data, start: int, end: int) -> bool:
    """Does the packet begin with the rest of a unit of the packet before?"""
    return start < end and data[start] & CONTINUES != 0


def is_key_frame(data: Data, start: int, end: int) -> bool:
    """Is it the first packet of a picture that decodes by itself?"""
    return start < end and data[start] & (CONTINUES | NEW_SEQUENCE) == NEW_SEQUENCE
