"""Packets for the receiving side, without encryption."""

import numpy as np

from api.loadtest import probe
from api.loadtest.columns import Slots
from api.loadtest.incoming import UNKNOWN, Incoming
from sfu import extensions, rtp
from sfu.arena import Arena
from sfu.client import Protection
from sfu.ring import Batch, Ring

NUMBER_ID = 5
MS = 1_000_000  # ns


class Open:
    """A sealer that has nothing to open; packets that begin their payload with "bad" are forged."""

    failed = 0

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self.opened = 0

    def set_keys(self, row: int, protection: Protection | None) -> None: ...

    def unseal(self, batch: Batch, positions: list[int], clients: list[int]) -> list[int]:
        self.opened += len(positions)
        return [int(b"bad" in self._ring.view(p)[:100].tobytes()) for p in positions]

    def seal(self, arena: Arena) -> None: ...


class Desk:
    """One receiving side; `receive` takes packets of (link, bytes)."""

    def __init__(self, sample: int = 1) -> None:
        self.ring = Ring(blocks=1)
        self.ring.run()
        self.sealer = Open(self.ring)
        slots = Slots(self.ring)
        self.incoming = Incoming(slots, self.sealer, 50, 8, sample=sample)
        self.incoming.begin_measuring()

    def video(self, link: int = 0, ssrc: int = 11, repairs: int = UNKNOWN) -> int:
        is_video = repairs == UNKNOWN
        return self.incoming.add(link, ssrc, NUMBER_ID, is_video=is_video, repairs=repairs)

    def receive(self, packets: list[bytes], now: float = 1.0, link: int = 0) -> None:
        batch = Batch()
        batch.first = 0
        for number, packet in enumerate(packets):
            self.ring.view(number)[: len(packet)] = packet
            batch.lengths[number] = len(packet)
        batch.count = len(packets)
        rows = np.arange(len(packets))
        links, arrivals = np.full(len(packets), link), np.full(len(packets), 100 * MS)
        self.incoming.receive(batch, rows, links, arrivals, now)


def packet(
    sequence: int,
    picture: int = 1,
    *,
    time: int | None = None,
    ssrc: int = 11,
    number: int | None = None,
    source: int = 3,
    key: bool = False,
    begins: bool = True,
    sent: int = 0,
    text: bytes = b"",
    padding: int = 0,
    wide: bool = True,
) -> bytes:
    """VP8 with a probe. The time is that of its picture, unless given."""
    elements = [] if number is None else [(NUMBER_ID, (number & 0xFFFF).to_bytes(2, "big"))]
    identity = (0x8000 | picture).to_bytes(2, "big") if wide else bytes([picture])
    head = bytes([0x80 | (0x10 if begins else 0), 0x80]) + identity
    payload = np.frombuffer(head + bytes([0 if key else 1]) + text + bytes(30), np.uint8).copy()
    ends = np.array([len(payload)])
    probe.write(payload, ends, np.array([sent]), np.array([source]), np.array([0]))
    return rtp.build(
        96, sequence & 0xFFFF, picture * 3000 if time is None else time, ssrc, payload.tobytes(),
        extension=extensions.build(elements), padding=padding,
    )  # fmt: skip
