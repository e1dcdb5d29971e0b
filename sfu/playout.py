"""How long a viewer shall hold pictures back, as the room was made to ask for (LiveKit).

Packets carry the least and the most of it in a header extension until the viewer has got one of
them. What is asked for follows the jitter that the viewer reports, slowly, so that sound and
pictures stay together.
"""

from sfu.media import PlayoutDelay

UNIT = 10  # milliseconds of one step of the extension
MOST = 0xFFF * UNIT
USUAL_MOST = 10_000  # milliseconds, where only the least was given; Chromium's own bound
JITTERS = 10  # that are waited for
CHANGE = 80  # milliseconds a second at most
MANY_NACKS = 60  # of a hundred packets; beyond, each one adds
PER_NACK = 2  # milliseconds


class Playout:
    """Of one subscription. `value` is the extension's, empty when it need not be sent."""

    __slots__ = ("_current", "_least", "_most", "_nacks", "_packets", "_sent_at", "_sent_from",
                 "value")  # fmt: skip

    def __init__(self, asked: PlayoutDelay, number: int, now: float) -> None:
        """`number`: of the first packet that will carry it."""
        most = USUAL_MOST if asked.minimum and not asked.maximum else asked.maximum
        self._most = min(most, MOST)
        self._least = min(asked.minimum, MOST)
        self._current = self._least
        self._nacks = 0
        self._packets = 0  # in all, at the last report
        self.value = b""
        self._send(number, now)

    def nack(self, count: int) -> None:
        """The viewer misses so many packets."""
        self._nacks += count

    def receive(self, highest: int, now: float) -> None:
        """The viewer reports the highest number that it has got."""
        if self.value and (highest - self._sent_from) & 0xFFFF < 0x8000:
            self.value = b""

    def adapt(self, jitter: float, packets: int, number: int, now: float) -> None:
        """It reports jitter, in seconds. `packets`: sent in all; `number`: of the next one."""
        sent, self._packets = packets - self._packets, packets
        nacks, self._nacks = self._nacks, 0
        target = int(jitter * 1000) * JITTERS
        if sent > 0:
            target += max(nacks * 100 // sent - MANY_NACKS, 0) * PER_NACK
        step = int(CHANGE * min(max(now - self._sent_at, 0.0), 1.0))
        target = max(self._current - step, min(target, self._current + step))
        target = min(max(target, self._least), self._most)
        if target != self._current:
            self._current = target
            self._send(number, now)

    def _send(self, number: int, now: float) -> None:
        self._sent_from, self._sent_at = number, now
        least, most = self._current // UNIT, self._most // UNIT
        self.value = (least << 12 | most).to_bytes(3, "big")
