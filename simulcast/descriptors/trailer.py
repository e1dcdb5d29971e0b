"""Metadata that LiveKit's clients append to a frame, behind its end and behind its encryption.

Elements, then the octet with the trailer's length (all of them inverted), then a mark.
"""

MAGIC = b"LKTS"
ENVELOPE = 1 + len(MAGIC)


def size(payload: bytes | memoryview) -> int:
    """Octets at the end of a frame's last packet that are the trailer; 0: it has none."""
    if payload[-len(MAGIC) :] != MAGIC or len(payload) < ENVELOPE:
        return 0
    found = payload[-ENVELOPE] ^ 0xFF
    return found if ENVELOPE <= found <= len(payload) else 0
