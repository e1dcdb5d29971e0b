"""What real microphones send, by a seed: Opus and RED, with levels and with silence.

Each payload carries a `Mark`.
"""

from random import Random

from sfu.media import Encoding, Kind
from tests.sim.cameras import Camera
from tests.sim.formats import LEVEL_ID, OPUS, WRAP
from tests.sim.layer import Layer, Sent, vary


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
