"""What the packets of a stream have in common: where header and descriptor end, what lies where.

A sender builds nearly all packets of a stream alike. Once two in a row were, the layout is noted as
a mask over a packet's first bytes: a packet that agrees under the mask can be taken apart at fixed
places, together with many others. One that does not agree is taken apart alone.
"""

from typing import NamedTuple

import numpy as np

from sfu.client import ExtensionIds
from sfu.extensions import Elements
from sfu.formats import Format
from sfu.publication import Stream
from sfu.rtp import FIXED_SIZE, Header
from sfu.tables import LAYOUT, Streams

SIZE = LAYOUT * 4  # bytes of a packet that a layout may speak of
PADDED = 0x20  # the header's bit for padding


class Layout(NamedTuple):
    mask: bytes
    want: bytes
    places: dict[str, int]  # columns of `Streams`


def read(
    stream: Stream, data: bytes, header: Header, elements: Elements, ids: ExtensionIds
) -> Layout | None:
    """The layout of a packet that was accepted; None when it is none that others can share."""
    end = header.payload + 8  # with the longest descriptor and the first byte behind it
    if data[0] & PADDED or end > SIZE or len(data) < end:
        return None
    mask = bytearray(SIZE)
    mask[0], mask[1] = 0xFF, 0x7F
    mask[FIXED_SIZE : header.payload] = b"\xff" * (header.payload - FIXED_SIZE)
    for at, length in elements.values():
        mask[at : at + length] = bytes(length)
    places = {"format": stream.format, "body": header.payload}
    places["second"] = 1
    places["twcc_at"] = elements.get(ids.transport_cc, (0, 0))[0] if ids.transport_cc else 0
    places["level_at"] = elements.get(ids.level, (0, 0))[0] if ids.level else 0
    if stream.format is Format.VP8:
        places |= _read_vp8(data, header.payload, mask)
    elif stream.format is Format.RED:
        mask[header.payload] = 0x7F
        places["inner"] = data[header.payload] & 0x7F
    want = bytes(a & b for a, b in zip(data, mask, strict=False)).ljust(SIZE, b"\0")
    return Layout(bytes(mask), want, places)


def _read_vp8(data: bytes, start: int, mask: bytearray) -> dict[str, int]:
    """The descriptor's shape (RFC 7741, section 4.2); offsets from the start of the payload."""
    mask[start] = 0x80
    places = {"second": 1}
    if not data[start] & 0x80:
        return places
    mask[start + 1] = 0xFF
    flags, at = data[start + 1], 2
    if flags & 0x80:
        mask[start + at] = 0x80
        places["picture_at"] = at
        places["is_wide"] = wide = data[start + at] >> 7
        at += 1 + wide
    if flags & 0x40:
        places["tl0_at"] = at
        at += 1
    if flags & 0x30:
        places["temporal_at"] = at if flags & 0x20 else 0
        places["key_at"] = at if flags & 0x10 else 0
        at += 1
    places["second"] = at
    return places


COLUMNS = (
    "format", "body", "twcc_at", "level_at", "second", "picture_at", "is_wide", "tl0_at",
    "key_at", "temporal_at", "inner",
)  # fmt: skip
IDS = "picture_at", "tl0_at", "key_at"


class Layouts:
    """Learns: two equal packets in a row are needed, since some carry more than the others."""

    def __init__(self, table: Streams) -> None:
        self._table = table
        self._candidates: dict[int, tuple[int, Layout | None]] = {}  # row -> number, layout

    def learn(self, stream: Stream, number: int, layout: Layout | None) -> bool:
        """A packet was taken apart alone. True: its stream's layout is another one now."""
        row = stream.row
        before = self._candidates.get(row)
        self._candidates[row] = number, layout
        if layout is None or layout == stream.layout or before != (number - 1, layout):
            return False
        stream.layout = layout
        self._store(row, layout)
        return True

    def forget(self, stream: Stream) -> None:
        stream.layout = None
        self._candidates.pop(stream.row, None)

    def _store(self, row: int, layout: Layout) -> None:
        table = self._table
        table.array("mask")[row] = np.frombuffer(layout.mask, np.uint32)
        table.array("want")[row] = np.frombuffer(layout.want, np.uint32)
        places = layout.places
        for name in COLUMNS:
            getattr(table, name)[row] = places.get(name, 0)
        table.has_ids[row] = any(places.get(name) for name in IDS)
