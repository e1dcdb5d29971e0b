"""Packets for the receiving side, without encryption."""

import numpy as np
from numpy.typing import NDArray

from api.loadtest import probe
from api.loadtest.inbox import Inbox, Received
from api.loadtest.incoming import Incoming
from api.loadtest.loops import UNKNOWN
from api.loadtest.memory import Arena, Ints
from api.loadtest.slots import Rows, Slots
from sfu import extensions, rtp
from sfu.transport.protection import Protection
from turn.aio.probe import probe as probe_calls

NUMBER_ID = 5
MS = 1_000_000  # ns


class Open:
    """A sealer that has nothing to open; packets that begin their payload with "bad" are forged."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self.opened = 0

    def set_keys(self, link: int, protection: Protection) -> None: ...

    def seal(self, arena: Arena) -> None: ...

    def unseal(self, rows: Rows, links: Ints, lengths: NDArray[np.int32]) -> NDArray[np.bool_]:
        self.opened += len(rows)
        return np.array([b"bad" not in self._slots.content(row, 100) for row in rows.tolist()])


class Desk:
    """One receiving side; `receive` takes packets of one link."""

    def __init__(self, sample: int = 1) -> None:
        self.inbox = Inbox(probe_calls()[0])
        self.sealer = Open(self.inbox.slots)
        self.incoming = Incoming(self.inbox, self.sealer, 50, 8, sample=sample)
        self.order, self.pictures = self.incoming.order, self.incoming.pictures
        self.incoming.begin_measuring()

    def video(self, link: int = 0, ssrc: int = 11, repairs: int = UNKNOWN) -> int:
        is_video = repairs == UNKNOWN
        streams = self.incoming.streams
        return streams.add(link, ssrc, NUMBER_ID, is_video=is_video, repairs=repairs)

    def receive(self, packets: list[bytes], now: float = 1.0, link: int = 0) -> None:
        for number, packet in enumerate(packets):
            self.inbox.slots.put(number, packet)
            self.inbox.lengths[number] = len(packet)
        count = len(packets)
        links, arrivals = np.full(count, link), np.full(count, 100 * MS)
        self.incoming.receive(Received(np.arange(count), links, arrivals), now)

    def report(self, link: int = 0) -> bytes | None:
        """Feedback about what came on a link."""
        found = dict(self.incoming.arrivals.take_bodies(np.array([link])))
        return found.get(link)


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
    probe.mark(payload, len(payload), sent, source, 0)
    return rtp.build(
        96, sequence & 0xFFFF, picture * 3000 if time is None else time, ssrc, payload.tobytes(),
        extension=extensions.build(elements), padding=padding,
    )  # fmt: skip
