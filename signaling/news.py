"""What happens to those who publish nothing, told together in a large room (LiveKit).

Two hundred people who come to a lecture would else cause forty thousand messages.
"""

from collections.abc import Callable, Iterable

from livekit.protocol import models

from signaling.timers import Timer, Timers, cancel

LARGE = 16  # participants; in a smaller room everything is told at once

Tell = Callable[[Iterable[models.ParticipantInfo]], None]


class News:
    def __init__(self, timers: Timers, interval: float, tell: Tell) -> None:
        """`interval`: seconds between the news of a large room."""
        self._timers = timers
        self._interval = interval
        self._tell = tell
        self._waiting: dict[str, models.ParticipantInfo] = {}  # by sid, the latest of each
        self._due: Timer | None = None

    def add(self, info: models.ParticipantInfo, now: float) -> None:
        self._waiting[info.sid] = info
        if self._due is None:
            self._due = self._timers.at(now + self._interval, self._tell_all)

    def forget(self, sid: str) -> None:
        """Something newer of this participant was told at once."""
        self._waiting.pop(sid, None)

    def stop(self) -> None:
        cancel(self._due)
        self._due = None
        self._waiting.clear()

    def _tell_all(self, now: float) -> None:
        self._due = None
        waiting, self._waiting = self._waiting, {}
        if waiting:
            self._tell(waiting.values())
