"""What the packets of a stream have in common: where header and descriptor end, what lies where.

A sender builds nearly all packets of a stream alike. Once two in a row were, the layout is noted as
a mask over a packet's first bytes: a packet that agrees under the mask can be taken apart at fixed
places, together with many others. One that does not agree is taken apart alone.
"""

from dataclasses import dataclass

import numpy as np

from sfu.client import ExtensionIds
from sfu.extensions import Elements
from sfu.formats import Format
from sfu.publication import Stream
from sfu.rtp import FIXED_SIZE, Header
from sfu.tables import LAYOUT, Streams, Words

SIZE = LAYOUT * 4  # bytes of a packet that a layout may speak of
PADDED = 0x20  # the header's bit for padding
PLACES = (
    "format", "body", "second", "twcc_at", "level_at", "picture_at", "is_wide", "tl0_at", "key_at",
    "inner",
)  # fmt: skip


@dataclass(slots=True)
class Layout:
    """Offsets from the start of the packet, those of VP8 from that of the payload; 0: not there."""

    format: int
    body: int  # where the payload begins
    twcc_at: int = 0  # the transport-wide number
    level_at: int = 0  # the audio level
    second: int = 1  # the octet behind a VP8 descriptor
    picture_at: int = 0
    is_wide: int = 0  # the picture id has 15 bits
    tl0_at: int = 0
    key_at: int = 0
    inner: int = 0  # payload type in RED's blocks
    mask: int = 0  # `mask` and `want` as one number, the packet's first byte highest
    want: int = 0


def read(
    stream: Stream, data: bytes, header: Header, elements: Elements, ids: ExtensionIds
) -> Layout | None:
    """The layout of a packet that was accepted; None when it is none that others can share."""
    end = header.payload + 8  # with the longest descriptor and the first byte behind it
    if data[0] & PADDED or end > SIZE or len(data) < end or ids.capture in elements:
        return None
    mask = bytearray(SIZE)
    mask[0], mask[1] = 0xFF, 0x7F
    mask[FIXED_SIZE : header.payload] = b"\xff" * (header.payload - FIXED_SIZE)
    for at, length in elements.values():
        mask[at : at + length] = bytes(length)
    layout = Layout(stream.format, header.payload)
    layout.twcc_at = elements.get(ids.transport_cc, (0, 0))[0] if ids.transport_cc else 0
    layout.level_at = elements.get(ids.level, (0, 0))[0] if ids.level else 0
    if stream.format is Format.VP8:
        _read_vp8(layout, data, mask)
    elif stream.format is Format.RED:
        mask[header.payload] = 0x7F
        layout.inner = data[header.payload] & 0x7F
    layout.mask = int.from_bytes(mask, "big")
    layout.want = int.from_bytes(data[:SIZE].ljust(SIZE, b"\0"), "big") & layout.mask
    return layout


def _read_vp8(layout: Layout, data: bytes, mask: bytearray) -> None:
    """The descriptor's shape (RFC 7741, section 4.2); offsets from the start of the payload."""
    start = layout.body
    mask[start] = 0x80
    if not data[start] & 0x80:
        return
    mask[start + 1] = 0xFF
    flags, at = data[start + 1], 2
    if flags & 0x80:
        mask[start + at] = 0x80
        layout.picture_at = at
        layout.is_wide = data[start + at] >> 7
        at += 1 + layout.is_wide
    if flags & 0x40:
        layout.tl0_at = at
        at += 1
    if flags & 0x30:
        layout.key_at = at if flags & 0x10 else 0
        at += 1
    layout.second = at


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
        stream.unsettle()
        self._candidates.pop(stream.row, None)

    def _store(self, row: int, layout: Layout) -> None:
        table = self._table
        table.array("mask")[row] = words(layout.mask)
        table.array("want")[row] = words(layout.want)
        table.words[row] = np.flatnonzero(table.array("mask")[row])[-1] + 1
        for name in PLACES:
            getattr(table, name)[row] = getattr(layout, name)
        table.is_opaque[row] = layout.format == Format.OTHER and not table.is_audio[row]


def words(number: int) -> Words:
    """As they stand in a packet."""
    return np.frombuffer(number.to_bytes(SIZE, "big"), np.uint32)
