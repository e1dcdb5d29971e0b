"""Ask publishers for packets that did not arrive (LiveKit).

Without it a lost packet freezes a subscriber until the next key frame, about 3 s.
Retransmission helps only while the picture waits, so asking begins soon and ends early.
"""

import math

from sfu.tables import Clients, Streams

OUTSTANDING = 100  # missing packets of a stream that are asked for at a time
TRIES = 5
FIRST = 0.020  # seconds: most late packets have come by then
BACKOFF = 1.25
LONGEST = 0.400  # seconds between two tries
DEFAULT_RTT = 0.070
LARGEST_GAP = 512  # a jump beyond is a new start of the stream, not a loss
GRID = 0.020  # seconds: all streams are looked at together, at multiples of this
MOST = 256  # packets of all streams that are asked for at a time: 13,000 a second
HELD = 8 * MOST  # missing packets of all streams that are remembered: each look goes through all


class Nacks:
    """The gaps in the sequence numbers of all streams, extended ones.

    Tell it what is missing and what came after all; ask `take` at `due` for what to request.
    """

    def __init__(self) -> None:
        self.due = math.inf  # seconds, when `take` has something to look at
        self._missing: dict[int, dict[int, list[float]]] = {}  # row -> number -> [due, tries]
        self._held = 0  # how many there are at most; `_count` says it exactly

    def open(self, row: int, first: int, end: int, now: float) -> None:
        """A stream's numbers from `first` up to, not including, `end` did not come."""
        if end - first > LARGEST_GAP:
            self.remove(row)
            return
        missing = self._missing.setdefault(row, {})
        for number in range(first, end):
            missing[number] = [now + FIRST, 0]
        for number in list(missing)[: max(len(missing) - OUTSTANDING, 0)]:
            del missing[number]  # the newest are those that can still be shown
        self.due = min(self.due, on_grid(now + FIRST))
        self._held += end - first
        if self._held > HELD:
            self._make_room()

    def close(self, row: int, number: int) -> None:
        """A packet came late, or again. It need not have been missing."""
        missing = self._missing.get(row)
        if missing is not None:
            missing.pop(number, None)

    def forget(self, row: int, before: int) -> None:
        """A key frame makes what is missing before it useless."""
        missing = self._missing.get(row)
        if missing:
            self._missing[row] = {n: entry for n, entry in missing.items() if n >= before}

    def remove(self, row: int) -> None:
        """The stream ends, or begins anew."""
        self._missing.pop(row, None)

    def outstanding(self, row: int) -> int:
        """How many packets of a stream are waited for."""
        return len(self._missing.get(row, ()))

    def take(self, now: float, streams: Streams, clients: Clients) -> list[tuple[int, list[int]]]:
        """For each stream what to ask for now: its row, and 16-bit numbers, ascending.

        When more is missing than MOST, it was most likely we who could not keep up, and asking for
        all of it would keep us there: what is due and has no room is given up.
        """
        asked: list[tuple[int, list[int]]] = []
        earliest, room = math.inf, MOST
        self._held = self._count()
        for row, missing in list(self._missing.items()):
            rtt = clients.rtt[streams.client[row]] or DEFAULT_RTT
            if numbers := take_due(missing, now, rtt, room):
                asked.append((row, numbers))
                room -= len(numbers)
            if missing:
                earliest = min(earliest, min(due for due, _ in missing.values()))
            else:
                del self._missing[row]
        if not room:  # who came last is the first to be served next time
            for row, _ in asked:
                if row in self._missing:
                    self._missing[row] = self._missing.pop(row)
        self.due = on_grid(max(earliest, now + GRID))
        return asked

    def _count(self) -> int:
        return sum(map(len, self._missing.values()))

    def _make_room(self) -> None:
        """Streams that have waited longest give up: so much is missing only when we could not keep
        up, and to look through all of it again and again would keep us there.
        """
        self._held = self._count()
        for row in list(self._missing):
            if self._held <= HELD:
                return
            self._held -= len(self._missing.pop(row))


def take_due(missing: dict[int, list[float]], now: float, rtt: float, most: int) -> list[int]:
    """The newest of one stream. What was asked for often enough is given up."""
    due = [number for number, (at, _) in missing.items() if at <= now + GRID / 2]
    given_up = [number for number in due if missing[number][1] >= TRIES]
    due = [number for number in due if missing[number][1] < TRIES]
    excess = max(len(due) - most, 0)
    for number in given_up + due[:excess]:
        del missing[number]
    for number in due[excess:]:
        entry = missing[number]
        entry[0] = now + min(max(rtt * BACKOFF ** entry[1], FIRST), LONGEST)
        entry[1] += 1
    return [number & 0xFFFF for number in due[excess:]]


def on_grid(at: float) -> float:
    """The multiple of GRID that is nearest to a time; never stays."""
    return math.inf if at == math.inf else round(at / GRID) * GRID
