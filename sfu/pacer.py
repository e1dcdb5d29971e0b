"""The order in which packets leave.

Nothing waits as long as nobody measures a congested path: what a wake brings leaves with it, audio
first, since a key frame for many subscribers takes milliseconds to send.
"""

from sfu.path import Path, Transmit


class Pacer:
    def __init__(self) -> None:
        self._audio: list[Transmit] = []
        self._rest: list[Transmit] = []

    def push(self, data: bytes, to: Path, *, is_audio: bool) -> None:
        (self._audio if is_audio else self._rest).append(Transmit(data, to))

    def take(self) -> list[Transmit]:
        """All that may leave now."""
        ready = self._audio
        ready += self._rest
        self._audio = []
        self._rest = []
        return ready
