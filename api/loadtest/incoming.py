"""Everything that is received, batch by batch, and whether it is whole.

Every packet counts for sequence numbers and transport-wide feedback, which are not encrypted; of
those that are decrypted also picture ids and the sender's time. Loops do that; what is not regular
is left to Python.
"""

import numpy as np

from api.loadtest.arrivals import Arrivals
from api.loadtest.histogram import Histogram
from api.loadtest.inbox import Inbox, Received
from api.loadtest.loops import CHOSEN, ODD, PADDED, STRANGE, TOLD, Found, follow, know
from api.loadtest.memory import Ints
from api.loadtest.numbers import learn
from api.loadtest.order import Order
from api.loadtest.pictures import (
    AUTHENTIC,
    BREAKS,
    MARKED,
    REPAIRED,
    SWITCH_BREAKS,
    SWITCHES,
    Sample,
    look,
    pictures,
)
from api.loadtest.pictures import TOLD as TOLD_INSIDE
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
        self.pictures = pictures(self.streams.is_video)
        self.is_measuring = False
        self._slots, self._lengths, self._sealer = inbox.slots, inbox.lengths, sealer
        self._sample = sample
        self._found = Found.room(inbox.slots.count)
        self._told: Ints = np.zeros(TOLD, np.int64)
        self._inside: Ints = np.zeros(TOLD_INSIDE, np.int64)

    def begin_measuring(self) -> None:
        self.tally = Tally()
        self.latency = Histogram()
        self.is_measuring = True

    def receive(self, received: Received, now: float) -> None:
        """RTP. What of it is decrypted is so in place."""
        octets, taken, count = self._slots.flat, received.taken(), len(received.rows)
        counts, found, told = self.order.counts, self._found, self._told
        known = self.streams.known
        changed = know(octets, taken, count, known, found)
        for place in found.chosen[:changed].tolist():
            row, stream = int(taken.rows[place]), int(found.stream[place])
            found.offset[place] = learn(self._slots, row, self.streams, stream)
        follow(octets, taken, count, known, found, counts, self.arrivals.noted, self._sample, told)
        self.tally.packets += count
        self.tally.octets += int(self._lengths[received.rows].sum())
        self.tally.unknown += int(told[STRANGE])
        self.tally.padded += int(told[PADDED])
        if told[ODD]:
            self.order.follow(found.odd[: told[ODD]], found.odd_numbers[: told[ODD]], now)
        self._open(received, int(told[CHOSEN]))
        for streams in (found.odd[: told[ODD]], found.padded[: told[PADDED]]):
            self.pictures.forget(streams)
            counts.is_odd[streams] = counts.may_lack[streams] = False

    def _open(self, received: Received, count: int) -> None:
        """Decrypt what was chosen, and look into it."""
        found, told, tally = self._found, self._inside, self.tally
        taken = received.taken()
        chosen = found.chosen[:count]
        good = self._sealer.unseal(taken.rows[chosen], taken.links[chosen], self._lengths)
        sample = Sample(
            self.times.departures, self.latency.counts, self.is_measuring, self._sample > 1
        )
        look(
            self._slots.flat, self._lengths, taken, count, good,
            self.streams.known, found, self.order.counts, self.pictures, sample, told,
        )  # fmt: skip
        tally.decrypted += count
        tally.unauthentic += count - int(told[AUTHENTIC])
        tally.marked += int(told[MARKED])
        tally.picture_breaks += int(told[BREAKS])
        tally.switches += int(told[SWITCHES])
        tally.switch_breaks += int(told[SWITCH_BREAKS])
        repaired = int(told[REPAIRED])
        tally.repairs += repaired
        pairs = zip(found.repaired[:repaired], found.repaired_numbers[:repaired], strict=True)
        for stream, number in pairs:
            self.order.repair(int(stream), int(number))
