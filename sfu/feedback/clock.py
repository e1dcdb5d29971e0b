"""NTP times, and what a sender's reports say of its streams' clocks (RFC 3550, section 4)."""

from sfu.tables import NEVER, Streams

FRACTION = 1 << 32


def ntp_from_seconds(seconds: float) -> int:
    """The 64-bit form of a clock's seconds. Which zero they count from is the caller's choice."""
    whole = int(seconds)
    return (whole & 0xFFFFFFFF) << 32 | int((seconds - whole) * FRACTION)


def seconds_from_ntp(ntp: int) -> float:
    return ntp / FRACTION


def middle(ntp: int) -> int:
    """The 32 bits that LSR, LRR and round trips are made of; the unit is 1/65536 s."""
    return ntp >> 16 & 0xFFFFFFFF


class SenderClock:
    """The latest sender report of one incoming stream: one moment in three clocks.

    It stands in the columns of the stream's row.
    """

    __slots__ = ("_row", "_table")

    def __init__(self, table: Streams, row: int, rate: int) -> None:
        self._table = table
        self._row = row
        table.clock[row] = row
        self.restart(rate)

    def restart(self, rate: int) -> None:
        """Timestamps count anew, `rate` times a second: nothing is known of them yet."""
        table, row = self._table, self._row
        table.rate[row] = rate
        table.clock_ntp[row] = 0
        table.sampled[row] = NEVER
        table.jitter[row] = 0.0

    @property
    def rate(self) -> int:
        """Hz of the RTP clock."""
        return self._table.rate[self._row]

    @property
    def ntp(self) -> int:
        """64 bits, the sender's clock; 0 before the first report."""
        return self._table.clock_ntp[self._row]

    @property
    def rtp(self) -> int:
        return self._table.clock_rtp[self._row]

    @property
    def is_known(self) -> bool:
        return self.ntp != 0

    def receive(self, ntp: int, rtp: int, arrival: float) -> None:
        """A sender report came. One without a clock (NTP 0) says nothing and is passed over."""
        table, row = self._table, self._row
        if ntp > table.clock_ntp[row]:
            table.clock_ntp[row] = ntp
            table.clock_rtp[row] = rtp
            table.clock_arrival[row] = arrival

    def rtp_at(self, ntp: int) -> int:
        """The 32-bit RTP time at a moment of the sender's clock."""
        # To the nearest, in whole numbers: an NTP time is too long for a float.
        elapsed = ((ntp - self.ntp) * self.rate + FRACTION // 2) // FRACTION
        return self.rtp + elapsed & 0xFFFFFFFF


def offset(source: SenderClock, target: SenderClock) -> int | None:
    """What to add to a timestamp of `source` to get the same moment in `target`, 32 bits.

    Both are layers of one track. None until both have reported.
    """
    if source is target:
        return 0
    if not source.is_known or not target.is_known:
        return None
    return target.rtp_at(source.ntp) - source.rtp & 0xFFFFFFFF
