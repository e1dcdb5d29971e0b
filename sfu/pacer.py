"""Single datagrams in the order in which they leave: RTCP, and what goes to clients behind TCP.

Nothing waits as long as nobody measures a congested path.
"""

from sfu.path import Path, Transmit


class Pacer:
    def __init__(self) -> None:
        self._ready: list[Transmit] = []

    def push(self, data: bytes, to: Path) -> None:
        self._ready.append(Transmit(data, to))

    def __bool__(self) -> bool:
        return bool(self._ready)

    def take(self) -> list[Transmit]:
        """All that may leave now."""
        ready, self._ready = self._ready, []
        return ready
