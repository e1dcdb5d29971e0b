"""How fast a channel's queue empties, so that nothing is put into it that would come too late."""

SPAN = 1.0  # seconds that are counted together; those before count as well
ENOUGH = 0.1  # seconds of waiting after which there is a rate (LiveKit): it is slow at first


class Draining:
    """Only the time in which something waits counts: an idle channel is not a slow one."""

    __slots__ = ("_before", "_begun", "_busy", "_octets", "_seen")

    def __init__(self) -> None:
        self._begun = self._seen = 0.0  # when the span began; the last look
        self._octets = 0  # that left in this span
        self._busy = 0.0  # seconds of it
        self._before = 0, 0.0  # octets and seconds of the span before

    def look(self, now: float, *, was_waiting: bool) -> None:
        """Before anything changes. `was_waiting`: since the last look."""
        if was_waiting:
            self._busy += now - self._seen
        self._seen = now
        if now - self._begun >= SPAN:
            self._before = self._octets, self._busy
            self._begun, self._octets, self._busy = now, 0, 0.0

    def leave(self, octets: int) -> None:
        """So many were sent."""
        self._octets += octets

    @property
    def rate(self) -> float:
        """Octets per second; infinity when hardly anything had to wait."""
        octets, busy = self._before
        octets, busy = octets + self._octets, busy + self._busy
        return octets / busy if busy >= ENOUGH else float("inf")
