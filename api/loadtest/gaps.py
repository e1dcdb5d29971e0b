"""Sequence numbers that have not come: what is missing, what came late, what came twice.

Only streams with something unusual get here; the others are counted by column.
"""

from dataclasses import dataclass, field

ASK_AFTER = 0.01  # seconds: reordering is over by then
ASK_AGAIN = 0.1
ASKS = 10
GIVE_UP = 1.0  # seconds: it will not come any more
JUMP = 2000  # numbers; a larger step is a new start


@dataclass(slots=True)
class Missing:
    since: float
    asked: int = 0
    again_at: float = 0.0


@dataclass(slots=True)
class Gaps:
    """Of one stream, in numbers without the wrap."""

    missing: dict[int, Missing] = field(default_factory=dict)
    lost: int = 0  # given up
    late: int = 0  # came after a later one
    repaired: int = 0  # came again, as RTX
    duplicates: int = 0
    jumps: int = 0

    def receive(self, highest: int, number: int, now: float) -> int:
        """A packet whose number is not the next one; returns the highest now."""
        if number > highest:
            if number - highest > JUMP:
                self.jumps += 1
            else:
                for skipped in range(highest + 1, number):
                    self.missing[skipped] = Missing(now, again_at=now + ASK_AFTER)
            return number
        if self.missing.pop(number, None) is not None:
            self.late += 1
        else:
            self.duplicates += 1
        return highest

    def repair(self, number: int) -> None:
        """It came as RTX. A second copy is no fault: the first was on its way when we asked."""
        if self.missing.pop(number, None) is not None:
            self.repaired += 1

    def due(self, now: float) -> list[int]:
        """The numbers to ask for now; those that are too old are given up."""
        gone = [n for n, one in self.missing.items() if now - one.since > GIVE_UP]
        for number in gone:
            del self.missing[number]
        self.lost += len(gone)
        wanted = [n for n, m in self.missing.items() if now >= m.again_at and m.asked < ASKS]
        for number in wanted:
            self.missing[number].asked += 1
            self.missing[number].again_at = now + ASK_AGAIN
        return wanted
