"""Everything that is received, batch by batch, and whether it is whole.

Every packet counts for sequence numbers and transport-wide feedback, which are not encrypted; of
those that are decrypted also picture ids and the sender's time.
"""

import numpy as np

from api.loadtest import probe
from api.loadtest.arrivals import Arrivals
from api.loadtest.columns import PADDING, Headers
from api.loadtest.histogram import Histogram
from api.loadtest.inbox import Inbox, Received
from api.loadtest.memory import Ints
from api.loadtest.numbers import Numbers
from api.loadtest.order import Order
from api.loadtest.pictures import Pictures
from api.loadtest.sealing import Sealer
from api.loadtest.streams import Streams
from api.loadtest.tally import Tally
from api.loadtest.times import Times


class Incoming:
    """Room for so many streams on so many connections; one packet in `sample` is decrypted."""

    def __init__(
        self, inbox: Inbox, sealer: Sealer, streams: int, links: int, *, sample: int
    ) -> None:
        self.tally = Tally()
        self.latency = Histogram()
        self.times = Times()
        self.arrivals = Arrivals(links)
        self.streams = Streams(streams)
        self.order = Order(streams)
        self.pictures = Pictures(inbox.slots, streams, is_sample=sample > 1)
        self.is_measuring = False
        self._slots, self._lengths, self._sealer = inbox.slots, inbox.lengths, sealer
        self._numbers = Numbers(inbox.slots, self.streams)
        self._sample = sample
        self._is_verified = np.zeros(streams, np.bool_)  # a packet of it was decrypted

    def begin_measuring(self) -> None:
        self.tally = Tally()
        self.latency = Histogram()
        self.is_measuring = True

    def receive(self, received: Received, now: float) -> None:
        """RTP. What of it is decrypted is so in place."""
        headers = self._slots.read(received.rows)
        stream = self.streams.find(received.links, headers.ssrc)
        self.tally.packets += len(stream)
        self.tally.octets += int(self._lengths[received.rows].sum())
        is_known = stream >= 0
        if not is_known.all():
            self.tally.unknown += int((~is_known).sum())
            received, stream = received.chosen(is_known), stream[is_known]
            headers = headers.chosen(is_known)
        if not len(stream):
            return
        numbers = self._numbers.read(received.rows, stream, headers)
        self._note_arrivals(received, numbers)
        frames = self.order.follow(stream, headers, now)
        padded = headers.first & PADDING > 0
        if padded.any():  # probing: it has times, but no pictures
            self.tally.padded += int(padded.sum())
            self.order.odd.update(stream[padded].tolist())
        self._open(received, stream, headers, frames)
        if self.order.odd:
            self.pictures.forget(self.order.odd)
            self.order.odd.clear()

    def _note_arrivals(self, received: Received, numbers: Ints) -> None:
        has_number = numbers >= 0
        if has_number.all():
            self.arrivals.receive(received.links, numbers, received.arrivals)
        elif has_number.any():
            chosen = received.chosen(has_number)
            self.arrivals.receive(chosen.links, numbers[has_number], chosen.arrivals)

    def _open(self, received: Received, stream: Ints, headers: Headers, frames: Ints) -> None:
        """Decrypt what the sample wants, RTX always, and look into it."""
        if self._sample > 1:
            wanted = (headers.sequence % self._sample == 0) | ~self._is_verified[stream]
            wanted |= self.streams.repairs[stream] >= 0
            if not wanted.any():
                return
            received, stream, frames = received.chosen(wanted), stream[wanted], frames[wanted]
            headers = headers.chosen(wanted)
        good = self._sealer.unseal(received.rows, received.links, self._lengths)
        self.tally.decrypted += len(good)
        if not good.all():
            self.tally.unauthentic += int((~good).sum())
            received, stream, frames = received.chosen(good), stream[good], frames[good]
            headers = headers.chosen(good)
        self._is_verified[stream] = True
        self._look(received, stream, headers, frames)

    def _look(self, received: Received, stream: Ints, headers: Headers, frames: Ints) -> None:
        flat, rows = self._slots.flat, received.rows
        begins = self._slots.payloads(rows, headers)
        ends = self._slots.bases[rows] + self._lengths[rows]
        padded = (headers.first & PADDING) > 0
        if padded.any():
            ends = np.where(padded, ends - flat[ends - 1], ends)
        repairing = self.streams.repairs[stream] >= 0
        if repairing.any():
            for index in np.flatnonzero(repairing & (ends - begins > 2)).tolist():
                self._repair(int(stream[index]), int(begins[index]))
        full = np.flatnonzero((ends - begins >= probe.SIZE) & ~repairing)
        probes = probe.read(flat, ends[full])
        marked = full[probes.is_marked]
        self.tally.marked += len(marked)
        if self.is_measuring:
            sent = self.times.find(probes.time[probes.is_marked])
            latency = (received.arrivals[marked] - sent)[sent > 0]
            self.latency.add(latency.astype(np.float64) * 1e-9)
        video = self.streams.is_video[stream[marked]]
        shown = marked[video]
        if len(shown):
            sources = probes.stream[probes.is_marked][video]
            self.pictures.check(
                stream[shown], begins[shown], frames[shown], sources, self.order.odd, self.tally
            )

    def _repair(self, stream: int, at: int) -> None:
        """An RTX packet begins with the number of the one it repeats (RFC 4588, section 4)."""
        self.tally.repairs += 1
        media = int(self.streams.repairs[stream])
        number = int.from_bytes(self._slots.flat[at : at + 2].tobytes(), "big")
        self.order.repair(media, number)
