"""NTP times, and what a sender's reports say of its streams' clocks (RFC 3550, section 4)."""

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
    """The latest sender report of one incoming stream: one moment in three clocks."""

    __slots__ = ("arrival", "ntp", "rate", "rtp")

    def __init__(self, rate: int) -> None:
        self.rate = rate  # Hz of the RTP clock
        self.ntp = 0  # 64 bits, the sender's clock; 0 before the first report
        self.rtp = 0  # 32 bits
        self.arrival = 0.0  # seconds, our clock

    @property
    def is_known(self) -> bool:
        return self.ntp != 0

    def receive(self, ntp: int, rtp: int, now: float) -> None:
        """A sender report came. One without a clock (NTP 0) says nothing and is passed over."""
        if ntp and (not self.ntp or ntp > self.ntp):
            self.ntp = ntp
            self.rtp = rtp
            self.arrival = now

    def rtp_at(self, ntp: int) -> int:
        """The 32-bit RTP time at a moment of the sender's clock."""
        elapsed = ((ntp - self.ntp) * self.rate + FRACTION // 2) // FRACTION  # to the nearest
        return self.rtp + elapsed & 0xFFFFFFFF

    def ntp_of(self, rtp: int) -> int:
        """The sender's clock at an RTP time within half a wrap of the report."""
        elapsed = (rtp - self.rtp + 0x8000_0000 & 0xFFFFFFFF) - 0x8000_0000
        return self.ntp + elapsed * FRACTION // self.rate

    def rtp_now(self, now: float) -> int:
        """The stream's RTP time at our `now`, if its clock has run on since the report."""
        return self.rtp + round((now - self.arrival) * self.rate) & 0xFFFFFFFF

    def ntp_now(self, now: float) -> int:
        """The sender's clock at our `now`: for our own reports, so that audio and video of one
        publisher stay together at the far end."""
        return self.ntp + round((now - self.arrival) * FRACTION)


def offset(source: SenderClock, target: SenderClock) -> int | None:
    """What to add to a timestamp of `source` to get the same moment in `target`, 32 bits.

    Both are layers of one track. None until both have reported.
    """
    if not source.is_known or not target.is_known:
        return None
    return target.rtp_at(source.ntp) - source.rtp & 0xFFFFFFFF
