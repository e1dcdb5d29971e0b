"""The same packets under headers that are never twice alike."""

from collections import Counter
from collections.abc import Iterator

from tests.sim.acts import Act, Raw, Send

FIXED = 12  # bytes of an RTP header
SOURCES = 0x0F  # of its first octet: how many CSRCs follow


def reshape(acts: list[Act]) -> Iterator[Act]:
    """Every second packet of each SSRC has a source (CSRC) more, which means nothing to anybody."""
    seen: Counter[bytes] = Counter()
    for act in acts:
        if not isinstance(act, Send):
            yield act
            continue
        items = []
        for name, data in act.items:
            if is_media(data):
                seen[data[8:FIXED]] += 1
                if seen[data[8:FIXED]] % 2:
                    data = add_source(data)
            items.append((name, data))
        yield Send(items)


def is_media(data: bytes) -> bool:
    """Whole RTP that has room for another source."""
    if isinstance(data, Raw) or len(data) < FIXED or data[0] >> 6 != 2:
        return False
    return not 192 <= data[1] <= 223 and data[0] & SOURCES < SOURCES


def add_source(data: bytes) -> bytes:
    return bytes([data[0] + 1]) + data[1:FIXED] + b"CSRC" + data[FIXED:]
