"""The first seconds of a client that begins anew: a full reconnect, whoever asked for it.

livekit-client (2.23) then calls itself connected as soon as its media is, but for two seconds
after the JoinResponse it keeps every event about others from its application, and forgets those
that came after "reconnected": a camera that was published then would never be shown. After the
loss of a media node nearly all are, since all of a room come back at the same moment. What the
JoinResponse tells of is safe, and goes to the client at once; all that begins later waits for
these seconds. What ends does so at once, though it is told when they are over.

A full reconnect is told from a first join by who was here a moment ago. A page that is loaded
again looks the same; it loses nothing but these seconds of others' news.
"""

from collections.abc import Callable

from livekit.protocol import models, rtc

from signaling.timers import Timers, cancel

DEAF = 2.25  # seconds; the client's own are 2, from the same message on
RETURN = 60.0  # seconds after somebody's end until which a join is a return; clients try so long

_SDK = models.ClientInfo.SDK
_AFFECTED = (_SDK.JS, _SDK.REACT_NATIVE)  # the same client inside
_NEWS = (
    "update",
    "room_update",
    "speakers_changed",
    "connection_quality",
    "stream_state_update",
    "subscription_permission_update",
    "media_sections_requirement",  # by this one the client gets further tracks
)


class Restart:
    """What others do meanwhile, kept in order."""

    def __init__(self, timers: Timers, on_end: Callable[[float], None], now: float) -> None:
        self._kept: list[rtc.SignalResponse] = []
        self._end = timers.at(now + DEAF, on_end)

    def keeps(self, response: rtc.SignalResponse) -> bool:
        """True: it is told at the end."""
        if response.WhichOneof("message") not in _NEWS:
            return False
        self._kept.append(response)
        return True

    def take(self) -> list[rtc.SignalResponse]:
        kept, self._kept = self._kept, []
        return kept

    def stop(self) -> None:
        cancel(self._end)
        self._kept.clear()


class Returns:
    """Who of a room has left it a moment ago, and may come back."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}  # by identity, the oldest first

    def expect(self, identity: str, client: models.ClientInfo, now: float) -> None:
        if client.sdk not in _AFFECTED:
            return
        self._until.pop(identity, None)
        self._until[identity] = now + RETURN
        while self._until[oldest := next(iter(self._until))] <= now:
            del self._until[oldest]

    def is_deaf(self, identity: str, client: models.ClientInfo, now: float) -> bool:
        """Of somebody who joins: does it come back, and hear nothing at first?"""
        until = self._until.pop(identity, now)
        return now < until and client.sdk in _AFFECTED
