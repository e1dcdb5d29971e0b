"""One SSRC of a publisher: its packets, their numbers and their headers in all forms.

Header extensions differ from packet to packet, numbers start shortly before they wrap.
"""

import struct
from dataclasses import dataclass, field
from random import Random

from tests.sim import marks
from tests.sim.formats import MID_ID, NUMBER_ID, REPAIRED_ID, RID_ID, RTX_OF, WRAP
from tests.sim.marks import Mark

INTRODUCED = 20  # packets that say who they are, as WebRTC does until it is acknowledged


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
