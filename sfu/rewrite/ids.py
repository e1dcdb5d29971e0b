"""VP8's picture id, TL0PICIDX and KEYIDX of a packet in one number (RFC 7741, section 4.2).

Between the fields is a bit to spare, so that one addition moves all three: what a field carries
over goes into that bit, and the mask takes it away.
"""

TL0, KEY = 16, 25  # where the fields begin; the picture id is at 0
PICTURES = 0x7FFF
MASK = PICTURES | 0xFF << TL0 | 0x1F << KEY
PRESENT = 1 << 31  # beside them: this packet has some


def pack(picture: int, tl0: int, key: int) -> int:
    """Each value modulo its size."""
    return picture & PICTURES | (tl0 & 0xFF) << TL0 | (key & 0x1F) << KEY


def move(ids: int, pictures: int) -> int:
    """Another picture, everything else as it is."""
    return ids & ~PICTURES | ids + pictures & PICTURES


def picture(ids: int) -> int:
    return ids & PICTURES


def tl0(ids: int) -> int:
    return ids >> TL0 & 0xFF


def key(ids: int) -> int:
    return ids >> KEY & 0x1F


def places(picture_at: int, is_wide: bool, tl0_at: int, key_at: int) -> int:
    """Where the ids are in a payload, as one number: 0 when it has none. 0 for one that is not."""
    return picture_at | is_wide << 7 | tl0_at << 8 | key_at << 16


def parse_places(places: int) -> tuple[int, bool, int, int]:
    return places & 0x7F, places & 0x80 != 0, places >> 8 & 0xFF, places >> 16
