"""Ask a publisher for packets that did not arrive (LiveKit).

Without it a lost packet freezes a subscriber until the next key frame, about 3 s.
Retransmission helps only while the picture waits, so asking begins soon and ends early.
"""

OUTSTANDING = 100  # missing packets that are asked for at a time
TRIES = 5
FIRST = 0.020  # seconds: most late packets have come by then
BACKOFF = 1.25
LONGEST = 0.400  # seconds between two tries
DEFAULT_RTT = 0.070
LARGEST_GAP = 512  # a jump beyond is a new start of the stream, not a loss


class NackGenerator:
    """The gaps in one stream's sequence numbers, extended ones (`rtp.unwrap`).

    Tell it every number that arrives: of media, of padding, and the original one of an unwrapped
    retransmission. Then ask `take_nacks` for what is due.
    """

    __slots__ = ("_given_up", "_missing", "highest")

    def __init__(self) -> None:
        self.highest = -1  # -1 before the first packet
        self._missing: dict[int, list[float]] = {}  # number -> [due, tries], ascending
        self._given_up: list[int] = []

    def receive(self, sequence: int, now: float) -> bool:
        """A packet is here. True: it was missing, and is no longer."""
        highest = self.highest
        if sequence == highest + 1:
            self.highest = sequence
            return False
        if sequence <= highest:
            return self._missing.pop(sequence, None) is not None
        self.highest = sequence
        if highest >= 0:
            self._open_gap(highest + 1, sequence, now)
        return False

    def _open_gap(self, first: int, end: int, now: float) -> None:
        missing = self._missing
        if end - first > LARGEST_GAP:
            self._given_up += missing
            missing.clear()
            return
        for sequence in range(first, end):
            missing[sequence] = [now + FIRST, 0]
        for sequence in list(missing)[: max(len(missing) - OUTSTANDING, 0)]:
            del missing[sequence]  # the newest are those that can still be shown
            self._given_up.append(sequence)

    def take_nacks(self, now: float, rtt: float | None = None) -> list[int]:
        """The 16-bit numbers to ask for now, ascending. `rtt` in seconds."""
        if not self._missing:
            return []
        due = []
        for sequence, entry in list(self._missing.items()):
            if entry[0] > now:
                continue
            tries = entry[1]
            if tries >= TRIES:
                del self._missing[sequence]
                self._given_up.append(sequence)
                continue
            interval = (DEFAULT_RTT if rtt is None else rtt) * BACKOFF**tries
            entry[0] = now + min(max(interval, FIRST), LONGEST)
            entry[1] = tries + 1
            due.append(sequence & 0xFFFF)
        return due

    def take_given_up(self) -> list[int]:
        """Extended numbers that nobody waits for any more: with video, ask for a key frame."""
        given_up, self._given_up = self._given_up, []
        return given_up

    def forget(self, before: int) -> None:
        """A key frame makes what is missing before it useless."""
        for sequence in [missing for missing in self._missing if missing < before]:
            del self._missing[sequence]

    @property
    def outstanding(self) -> int:
        return len(self._missing)

    def next_timeout(self) -> float | None:
        return min((due for due, _ in self._missing.values()), default=None)
