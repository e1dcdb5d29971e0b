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
    """`note` the packets sent so far; `is_on` says whether to wait."""

    def __init__(self, rule: GatherRule, now: float) -> None:
        self.seconds = rule.seconds
        self.is_on = rule.seconds > 0
        self._rule = rule
        self._since = now
        self._sent = 0

    def note(self, sent: int, now: float) -> None:
        elapsed = now - self._since
        if elapsed < WINDOW:
            return
        rate = (sent - self._sent) / elapsed
        self._since, self._sent = now, sent
        rule = self._rule
        if rate < rule.below:
            self.is_on = rule.seconds > 0
        elif rate > rule.above:
            self.is_on = False
