"""Receiver statistics for report blocks, and round trips from them (RFC 3550, 6.4.1 and A.8)."""

from sfu.feedback.clock import SenderClock, middle, ntp_from_seconds
from sfu.rtcp.reports import ReportBlock

UNIT = 65536  # DLSR counts 1/65536 s


class ReceiverStats:
    """Loss and jitter of one incoming stream."""

    __slots__ = (
        "_base",
        "_expected_before",
        "_highest",
        "_rate",
        "_received_before",
        "_timestamp",
        "_transit",
        "jitter",
        "received",
    )

    def __init__(self, rate: int) -> None:
        self.received = 0  # packets, duplicates not among them
        self.jitter = 0.0  # in units of the RTP clock
        self._rate = rate
        self._base = -1
        self._highest = -1
        self._timestamp = -1
        self._transit = 0.0
        self._received_before = 0
        self._expected_before = 0

    def receive(self, sequence: int, timestamp: int, arrival: float) -> None:
        """A packet: extended sequence number, RTP timestamp, seconds. Not for retransmissions:
        those go to `repair`."""
        self.received += 1
        if sequence <= self._highest:
            return  # a late one repairs the loss but says nothing of jitter
        if self._base < 0:
            self._base = sequence
        self._highest = sequence
        if timestamp == self._timestamp:
            return  # packets of one frame are sent in a burst: its spread is not the network's
        transit = arrival * self._rate - timestamp
        if self._timestamp >= 0:
            # Modulo the timestamp's wrap; A.8 with floats.
            difference = abs((transit - self._transit + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000)
            self.jitter += (difference - self.jitter) / 16
        self._timestamp = timestamp
        self._transit = transit

    def repair(self) -> None:
        """A retransmission closed a gap."""
        self.received += 1

    @property
    def expected(self) -> int:
        return self._highest - self._base + 1 if self._base >= 0 else 0

    @property
    def lost(self) -> int:
        return self.expected - self.received

    @property
    def jitter_seconds(self) -> float:
        return self.jitter / self._rate

    def take_block(self, ssrc: int, clock: SenderClock | None, now: float) -> ReportBlock | None:
        """What to report, about once a second; None before the first packet.

        The fraction counts from the last call.
        """
        if self._base < 0:
            return None
        expected, received = self.expected, self.received
        delta = expected - self._expected_before
        lost = delta - (received - self._received_before)
        self._expected_before, self._received_before = expected, received
        fraction = min(lost * 256 // delta, 255) if delta > 0 and lost > 0 else 0
        last = delay = 0
        if clock is not None and clock.is_known:
            last = middle(clock.ntp)
            delay = int((now - clock.arrival) * UNIT)
        highest = self._highest & 0xFFFFFFFF
        jitter = int(self.jitter)
        return ReportBlock(ssrc, fraction, expected - received, highest, jitter, last, delay)


def round_trip(last_report: int, delay: int, now: float) -> float | None:
    """Seconds, from LSR and DLSR of a block about our own stream (or LRR, DLRR of an XR).

    `now` is on the clock that our sender reports were written from. None when the peer has not
    had a report, or says what cannot be.
    """
    if not last_report:
        return None
    trip = middle(ntp_from_seconds(now)) - last_report - delay & 0xFFFFFFFF
    # A little less than nothing comes of rounding; more than a minute, of a peer's nonsense.
    if trip > 0xFFFFFFFF - UNIT // 20:
        return 0.0
    return trip / UNIT if trip < 60 * UNIT else None


def smooth(before: float | None, trip: float) -> float:
    """A round trip time that one odd sample does not change much (RFC 6298's 1/8)."""
    return trip if before is None else before + (trip - before) / 8
