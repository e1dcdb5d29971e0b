"""Whether packets wait a moment so that more leave together.

A process that is woken for every packet spends most of its time waking up. While it has little to
do, the first packet after a pause waits up to a millisecond for others; under load batches grow by
themselves, and nothing waits.
"""

from dataclasses import dataclass

WINDOW = 0.25  # seconds over which the rate is measured
SECONDS = 0.001
BELOW = 20_000.0  # packets/s sent
MARGIN = 1.25  # so that a load between the two rates changes nothing
WIDE = 5.0  # packets sent for each datagram that comes: many watch few
# Packets towards many while little is sent on the whole: a second, at once, at least at a time. A
# Gigabit link carries some 90,000 a second: what leaves faster waits in a queue, or is lost there.
PACE, BURST, STEP = 64_000.0, 1_920, 480
SURE = 2.0  # datagrams that come while one waits; with so many the next moment has some, as a rule


@dataclass(frozen=True, slots=True)
class GatherRule:
    """How long a packet waits, and up to which load."""

    seconds: float = SECONDS  # 0: never
    below: float = BELOW  # it begins there

    @property
    def above(self) -> float:
        """And ends there."""
        return self.below * MARGIN


class Gather:
    """`note` the packets sent so far; `is_on` says whether to wait.

    `is_dense`: so much comes that a next packet need not be waited for before one waits again.
    `is_wide`: each packet goes to many, so that a key frame, which comes at once, would leave as
    thousands at once: what is for them is then sent little by little.
    """

    def __init__(self, rule: GatherRule, now: float) -> None:
        self.seconds = rule.seconds
        self.is_on = rule.seconds > 0
        self.is_dense = self.is_wide = False
        self._rule = rule
        self._since = now
        self._sent = self._came = 0

    def note(self, sent: int, came: int, now: float) -> None:
        """`came`: datagrams so far."""
        elapsed = now - self._since
        if elapsed < WINDOW:
            return
        rule, rate = self._rule, (sent - self._sent) / elapsed
        self.is_dense = (came - self._came) / elapsed * rule.seconds >= SURE
        self.is_wide = sent - self._sent >= WIDE * max(came - self._came, 1)
        self._since, self._sent, self._came = now, sent, came
        if rate < rule.below:
            self.is_on = rule.seconds > 0
        elif rate > rule.above:
            self.is_on = False


class Pace:
    """How many packets may leave now towards many: a bucket that fills with time."""

    def __init__(self, now: float) -> None:
        self._room = float(BURST)
        self._at = now

    def room(self, now: float) -> int:
        self._room = min(BURST, self._room + (now - self._at) * PACE)
        self._at = now
        return max(STEP, int(self._room))

    def take(self, sent: int) -> float:
        """So many have left, it may be more. Seconds until others may."""
        self._room -= sent
        return max(STEP - self._room, 0.0) / PACE
