"""What real cameras send, by a seed: VP8, H264, opaque video; layers, temporal ones, probes.

Each payload carries a `Mark`.
"""

import struct
from dataclasses import dataclass
from random import Random

from sfu.media import Encoding, Kind
from tests.sim.formats import H264, ROTATION_ID, VP8
from tests.sim.layer import Layer, Sent, vary


@dataclass(slots=True)
class Style:
    """What one encoder does all the time."""

    temporal: bool = False
    picture_bits: int = 15  # 7, 15 or 0 for none
    has_tl0: bool = True
    has_key: bool = True
    layouts: bool = False  # extensions change from packet to packet
    probes: float = 0.0  # a frame is followed by padding that often


class Camera:
    """Some layers, each an SSRC; key frames where `wanted` says so."""

    kind = Kind.VIDEO

    def __init__(
        self, random: Random, track: int, payload_type: int, layers: list[Layer], style: Style,
        *, fps: float = 30.0,
    ) -> None:  # fmt: skip
        self.random = random
        self.track = track
        self.payload_type = payload_type
        self.layers = layers
        self.style = style
        self.fps = fps
        self.wanted = {layer.quality for layer in layers}  # layers that owe a key frame
        self._frames = -1

    @property
    def encodings(self) -> list[Encoding]:
        if self.layers[0].mid:  # to be learnt
            return [Encoding(layer.quality, layer.rid) for layer in self.layers]
        return [Encoding(one.quality, "", one.ssrc, one.rtx_ssrc) for one in self.layers]

    def make(self, now: float) -> list[Sent]:
        """The frames that are due."""
        frames = int(now * self.fps)
        if frames == self._frames:
            return []
        self._frames = frames
        packets: list[Sent] = []
        for layer in self.layers:
            if layer.is_active:
                packets += self._frame(layer, now)
        return packets

    def _frame(self, layer: Layer, now: float) -> list[Sent]:
        is_key = layer.quality in self.wanted
        self.wanted.discard(layer.quality)
        layer.since_key = 0 if is_key else layer.since_key + 1
        temporal = (0, 2, 1, 2)[layer.since_key % 4] if self.style.temporal else 0
        layer.frame += 1
        layer.picture += 1
        layer.tl0 += temporal == 0
        layer.key += is_key
        count = self.random.randint(1, 2 + layer.quality) * (2 if is_key else 1)
        packets = [
            self._packet(layer, now, part, count, is_key=is_key, temporal=temporal)
            for part in range(count)
        ]
        if self.random.random() < self.style.probes:
            for _ in range(self.random.randint(1, 3)):
                packets.append(layer.make(now, self.payload_type, b"", padding=255))
        return packets

    def _packet(
        self, layer: Layer, now: float, part: int, count: int, *, is_key: bool, temporal: int
    ) -> Sent:
        is_last = part == count - 1
        mark = layer.mark(now, part, is_last=is_last, is_key=is_key, temporal=temporal)
        size = self.random.randint(10, 400) if is_last else 700
        body = self._head(layer, part, is_key, temporal) + mark + bytes(size)
        extra = [(ROTATION_ID, b"\0")] if is_key and self.style.layouts else []
        sent = layer.make(now, self.payload_type, body, marker=is_last, extra=extra)
        if self.style.layouts:
            vary(sent, self.random)
        return sent

    def _head(self, layer: Layer, part: int, is_key: bool, temporal: int) -> bytes:
        if self.payload_type == VP8:
            return self._vp8_head(layer, part, is_key, temporal)
        if self.payload_type == H264:
            return h264_head(part, is_key)
        return b"\x8a"

    def _vp8_head(self, layer: Layer, part: int, is_key: bool, temporal: int) -> bytes:
        """RFC 7741, section 4.2, and the first octet of the frame."""
        style = self.style
        flags, ids = 0, b""
        if style.picture_bits:
            flags |= 0x80
            is_wide = style.picture_bits == 15
            picture = layer.picture & (0x7FFF if is_wide else 0x7F)
            ids += struct.pack("!H", 0x8000 | picture) if is_wide else bytes([picture])
        if style.has_tl0:
            flags |= 0x40
            ids += bytes([layer.tl0 & 0xFF])
        if style.temporal or style.has_key:
            flags |= (0x20 if style.temporal else 0) | (0x10 if style.has_key else 0)
            sync = temporal == 1 or (temporal == 2 and layer.since_key % 4 == 1)
            ids += bytes([temporal << 6 | sync << 5 | layer.key & 0x1F])
        first = (0x80 if flags else 0) | (0x10 if part == 0 else 0)
        return bytes([first]) + (bytes([flags]) + ids if flags else b"") + bytes([not is_key])


def h264_head(part: int, is_key: bool) -> bytes:
    """Parameter sets with the first slice (RFC 6184, section 5.7.1), then fragments (5.8)."""
    if is_key and part == 0:
        return b"\x78\x00\x04\x67\x42\xe0\x1f\x00\x04\x68\xce\x3c\x80\x01\x00\x65"
    unit = 5 if is_key else 1
    return bytes([0x60 | unit]) if part == 0 else bytes([0x7C, 0x40 | unit])
