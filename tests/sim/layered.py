"""A camera whose layers come in one stream, as Chromium's L3T3_KEY: VP9 with or without
dependency descriptors."""

import struct
from dataclasses import dataclass

from sfu import extensions, rtp
from sfu.media import Codec, Encoding
from simulcast.descriptors import dependency
from simulcast.descriptors.vp9 import Descriptor
from tests.sim.media import DOWN, UP, Got
from tests.sim.sources import MARK, VP8_RTX

VP9 = 98
VP9_CODEC = Codec("video/vp9", VP9, 90000, rtx=VP8_RTX, feedback=["nack", "nack pli"])
UP_ID, DOWN_ID = 8, 7  # of the dependency descriptor
DESCRIBED_UP = UP | {extensions.DEPENDENCY_DESCRIPTOR: UP_ID}
DESCRIBED_DOWN = DOWN | {extensions.DEPENDENCY_DESCRIPTOR: DOWN_ID}

# What Chromium 156 sent with a key frame of VP9 in L3T3_KEY, 1280x720, without its first three
# bytes. Of each spatial layer there are five templates: key frame, T0, T1, T2, the other T2.
STRUCTURE = bytes.fromhex(
    "80081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549241b"
    "5524906d54923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf"
)
LAYERS, TEMPLATES = 3, 5
STEPS = (1, 3, 2, 4)  # templates of a picture, counted from the key frame
TEMPORAL = (0, 0, 1, 2, 2)  # layer by template


class LayeredCamera:
    def __init__(self, ssrc: int = 70, *, described: bool = True, packets: int = 2) -> None:
        self.ssrc = ssrc
        self.is_described = described
        self.packets = packets  # of each layer's frame
        self.layers = LAYERS
        self.sequence = 65500
        self.start = 0xFFFF0000
        self.picture = 0x7FF0
        self.frame = 65530
        self.since_key = 0
        self.mask: int | None = None  # of decode targets, told with the next picture

    def encodings(self) -> list[Encoding]:
        return [Encoding(2, "", self.ssrc, self.ssrc + 1000)]

    def make(self, now: float, *, key: bool = False) -> list[bytes]:
        """The packets of the next picture."""
        self.since_key = 0 if key else self.since_key + 1
        self.picture = self.picture + 1 & 0x7FFF
        step = 0 if key else STEPS[self.since_key % 4]
        made = []
        for spatial in range(self.layers):
            self.frame = self.frame + 1 & 0xFFFF
            made += [self._packet(now, spatial, step, index) for index in range(self.packets)]
        return made

    def _packet(self, now: float, spatial: int, step: int, index: int) -> bytes:
        key, first, last = step == 0, index == 0, index == self.packets - 1
        flags = 0xB0 | first << 3 | last << 2 | (not key) << 6
        switches = step in (0, 1, 2)
        layer = TEMPORAL[step] << 5 | switches << 4 | spatial << 1 | (key and spatial > 0)
        payload = bytes([flags]) + struct.pack("!H", 0x8000 | self.picture) + bytes([layer])
        payload += b"" if key else b"\x02"
        if key and first and spatial == 0:
            payload = bytes([flags | 2]) + payload[1:] + bytes([LAYERS - 1 << 5])
        payload += MARK.pack(spatial, self.picture & 0xFF, index, self.packets) + bytes(40)
        self.sequence = self.sequence + 1 & 0xFFFF
        block = b""
        if self.is_described:
            template = spatial * TEMPLATES + step
            block = extensions.build([(UP_ID, self._descriptor(template, first, last))])
        is_end = last and spatial == self.layers - 1
        time = int(now * 90000) + self.start & 0xFFFFFFFF
        return rtp.build(
            VP9, self.sequence, time, self.ssrc, payload, marker=is_end, extension=block
        )

    def _descriptor(self, template: int, first: bool, last: bool) -> bytes:
        head = struct.pack("!BH", first << 7 | last << 6 | template, self.frame)
        if template == 0 and first:
            whole = head + STRUCTURE
            if self.layers == LAYERS:
                return whole
            found = dependency.parse(whole, None)
            return dependency.with_active(whole, found, 3 * LAYERS, (1 << 3 * self.layers) - 1)
        if self.mask is not None and first:
            mask, self.mask = self.mask, None
            return head + ((dependency.HAS_ACTIVE << 9 | mask) << 2).to_bytes(2, "big")
        return head


@dataclass(slots=True)
class Seen:
    """A packet of it at a viewer's."""

    spatial: int
    temporal: int
    picture: int
    is_key: bool
    index: int


def look(packet: Got) -> Seen:
    found = Descriptor()
    assert found.read(packet.payload, 0, len(packet.payload))
    _, _, index, _ = MARK.unpack_from(packet.payload, found.payload)
    return Seen(found.spatial, found.temporal, found.picture_id, found.is_key, index)
