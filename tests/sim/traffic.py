"""What real publishers send, by a seed: VP8, H264, opaque video, Opus and RED in all forms.

Header extensions differ from packet to packet, numbers start shortly before they wrap, probes of
nothing but padding come in between. Each payload carries a `Mark`.
"""

import struct
from dataclasses import dataclass, field
from random import Random

from sfu import extensions
from sfu.media import Codec, Encoding, Kind
from tests.sim import marks
from tests.sim.marks import Mark

VP8, VP8_RTX, H264, H264_RTX, OTHER, OTHER_RTX, OPUS, RED = 96, 97, 98, 99, 100, 101, 111, 63
MID_ID, RID_ID, REPAIRED_ID, NUMBER_ID, LEVEL_ID, ROTATION_ID = 4, 10, 11, 3, 1, 13
UP = {
    extensions.MID: MID_ID,
    extensions.RID: RID_ID,
    extensions.REPAIRED_RID: REPAIRED_ID,
    extensions.TRANSPORT_CC: NUMBER_ID,
    extensions.AUDIO_LEVEL: LEVEL_ID,
}
FEEDBACK = ["nack", "nack pli"]
VP8_CODEC = Codec("video/vp8", VP8, 90000, rtx=VP8_RTX, feedback=FEEDBACK)
H264_CODEC = Codec("video/h264", H264, 90000, rtx=H264_RTX, feedback=FEEDBACK)
VP9_CODEC = Codec("video/vp9", OTHER, 90000, rtx=OTHER_RTX, feedback=FEEDBACK)
OPUS_CODEC = Codec("audio/opus", OPUS, 48000, 2, "useinbandfec=1")
RED_CODEC = Codec("audio/red", RED, 48000, 2)
RTX_OF = {VP8: VP8_RTX, H264: H264_RTX, OTHER: OTHER_RTX}
INTRODUCED = 20  # packets that say who they are, as WebRTC does until it is acknowledged
WRAP = 1 << 32


@dataclass(slots=True)
class Sent:
    """A packet on its way to the server, and what its layer calls it."""

    layer: "Layer"
    number: int  # of the packet in its layer, -1 for a probe
    head: bytes  # the first 12 bytes
    elements: list[tuple[int, bytes]]
    payload: bytes
    is_wide: bool = False  # extensions in the two-byte form
    sources: int = 0  # CSRCs
    padding: int = 0

    @property
    def sequence(self) -> int:
        return int.from_bytes(self.head[2:4], "big")

    def datagram(self, number: int | None) -> bytes:
        """`number`: transport-wide, None without."""
        elements = list(self.elements)
        if number is not None:
            elements.append((NUMBER_ID, struct.pack("!H", number & 0xFFFF)))
        block = extension_block(elements, is_wide=self.is_wide)
        flags = 0x80 | (0x20 if self.padding else 0) | (0x10 if block else 0) | self.sources
        tail = bytes(self.padding - 1) + bytes([self.padding]) if self.padding else b""
        sources = bytes(4 * self.sources)
        return bytes([flags]) + self.head[1:] + sources + block + self.payload + tail


def extension_block(elements: list[tuple[int, bytes]], *, is_wide: bool) -> bytes:
    """RFC 8285, both forms; empty for no elements."""
    if not elements:
        return b""
    body = b""
    for number, value in elements:
        head = [number, len(value)] if is_wide else [number << 4 | len(value) - 1]
        body += bytes(head) + value
    words = (len(body) + 3) // 4
    profile = b"\x10\x00" if is_wide else b"\xbe\xde"
    return profile + struct.pack("!H", words) + body.ljust(4 * words, b"\0")


@dataclass(slots=True)
class Layer:
    """One SSRC's numbering."""

    random: Random
    track: int
    quality: int
    ssrc: int
    rate: int  # Hz
    rid: str = ""
    mid: str = ""
    rtx_ssrc: int = 0
    is_active: bool = True
    generation: int = 0
    number: int = 0
    frame: int = 0
    picture: int = 0
    tl0: int = 0
    key: int = 0
    since_key: int = 0
    introduced: int = 0
    sequence: int = 0
    rtx_sequence: int = 0
    start: int = 0
    kept: dict[int, Sent] = field(default_factory=dict)  # by sequence number, modulo 1024

    def __post_init__(self) -> None:
        random = self.random
        self.sequence = random.randrange(65400, 65500)  # soon over the wrap, not at once
        self.rtx_sequence = random.randrange(65400, 65500)
        self.start = random.choice([random.randrange(WRAP), WRAP - 90_000])
        self.picture, self.tl0, self.key = (random.randrange(1 << n) for n in (15, 8, 5))

    def time(self, now: float) -> int:
        return int(now * self.rate) + self.start & WRAP - 1

    def restart(self, ssrc: int = 0) -> None:
        """Its numbering begins anew, with another SSRC or a jump."""
        self.generation += 1
        self.introduced = 0
        if ssrc:
            self.ssrc = ssrc
            self.sequence = self.random.randrange(65400, 65500)
            self.kept.clear()
        else:
            self.sequence += self.random.choice([1500, 5000, 30000])
        self.start = self.random.randrange(WRAP)

    def make(
        self, now: float, payload_type: int, payload: bytes, *, marker: bool = False,
        extra: list[tuple[int, bytes]] | None = None, padding: int = 0,
    ) -> Sent:  # fmt: skip
        """The next packet; without payload it is a probe."""
        self.sequence = self.sequence + 1 & 0xFFFF
        head = struct.pack(
            "!BBHII", 0x80, marker << 7 | payload_type, self.sequence, self.time(now), self.ssrc
        )
        number = self.number if payload else -1
        sent = Sent(self, number, head, self._introduce() + (extra or []), payload)
        self.number += payload != b""
        sent.padding = padding
        self.kept[self.sequence & 1023] = sent
        return sent

    def _introduce(self) -> list[tuple[int, bytes]]:
        self.introduced += 1
        if self.introduced > INTRODUCED:
            return []
        names = ((MID_ID, self.mid), (RID_ID, self.rid))
        return [(number, name.encode()) for number, name in names if name]

    def repeat(self, sequence: int) -> Sent | None:
        """By RTX (RFC 4588)."""
        original = self.kept.get(sequence & 1023)
        rtx = RTX_OF.get(original.head[1] & 0x7F) if original else None
        if original is None or rtx is None or original.sequence != sequence or not self.rtx_ssrc:
            return None
        self.rtx_sequence = self.rtx_sequence + 1 & 0xFFFF
        kind = (original.head[1] & 0x80 | rtx).to_bytes(1, "big")
        middle = original.head[4:8] + self.rtx_ssrc.to_bytes(4, "big")
        head = b"\x80" + kind + struct.pack("!H", self.rtx_sequence) + middle
        names = [(MID_ID, self.mid.encode())] if self.mid else []
        if self.rid:
            names.append((REPAIRED_ID, self.rid.encode()))
        payload = struct.pack("!H", sequence) + original.payload
        return Sent(self, original.number, head, names, payload)

    def mark(self, now: float, part: int, *, is_last: bool, is_key: bool, temporal: int) -> bytes:
        flags = (marks.LAST if is_last else 0) | (marks.KEY if is_key else 0)
        return marks.write(
            Mark(
                self.track, self.quality, self.generation, temporal, self.number,
                self.time(now), self.frame & 0xFFFF, part, flags,
            )
        )  # fmt: skip


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


def vary(sent: Sent, random: Random) -> None:
    """Another layout than the packets around it."""
    chance = random.random()
    if chance < 0.1:
        sent.is_wide = True
        sent.elements.append((15 + random.randrange(200), bytes(random.randrange(20))))
    elif chance < 0.2:
        sent.sources = random.randrange(1, 4)
    elif chance < 0.3:
        sent.padding = random.randrange(1, 40)
    elif chance < 0.4:
        sent.elements.append((9, bytes(3)))


class Microphone:
    """Opus of 20 ms, or RED around it; in silence only every twentieth packet (DTX)."""

    kind = Kind.AUDIO

    def __init__(
        self, random: Random, layer: Layer, payload_type: int, *, has_level: bool = True,
        has_silence: bool = False, layouts: bool = False,
    ) -> None:  # fmt: skip
        self.random = random
        self.layer = layer
        self.layers = [layer]
        self.track = layer.track
        self.payload_type = payload_type
        self.has_level = has_level
        self.has_silence = has_silence
        self.layouts = layouts
        self.wanted: set[int] = set()
        self._last: list[tuple[int, bytes]] = []  # timestamps and payloads, for RED
        self._packets = 0
        self._silent_until = 0.0

    @property
    def encodings(self) -> list[Encoding]:
        return [Encoding(0)] if self.layer.mid else [Encoding(0, "", self.layer.ssrc)]

    def make(self, now: float) -> list[Sent]:
        packets = int(now * 50)
        if packets == self._packets:
            return []
        self._packets = packets
        if self.has_silence and now > self._silent_until and self.random.random() < 0.01:
            self._silent_until = now + 1.0
        if now < self._silent_until and packets % 20:
            return []
        return [self._packet(now)]

    def _packet(self, now: float) -> Sent:
        layer = self.layer
        layer.frame += 1
        mark = layer.mark(now, 0, is_last=True, is_key=False, temporal=0)
        opus = b"\x78" + mark + bytes(self.random.randint(20, 120))
        payload = opus if self.payload_type == OPUS else self._wrap(layer.time(now), opus)
        extra = []
        if self.has_level:
            extra.append((LEVEL_ID, bytes([0x80 | self.random.randrange(20, 60)])))
        sent = layer.make(now, self.payload_type, payload, extra=extra)
        if self.layouts:
            vary(sent, self.random)
        return sent

    def _wrap(self, timestamp: int, opus: bytes) -> bytes:
        """RFC 2198, with the last two packets before it."""
        heads = bodies = b""
        for old, payload in self._last:
            offset = timestamp - old & WRAP - 1
            if offset < 1 << 14:
                heads += bytes([0x80 | OPUS]) + (offset << 10 | len(payload)).to_bytes(3, "big")
                bodies += payload
        self._last = [*self._last, (timestamp, opus)][-2:]
        return heads + bytes([OPUS]) + bodies + opus


Source = Camera | Microphone
