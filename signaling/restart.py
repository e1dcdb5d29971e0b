"""The first seconds of a client that has begun anew because the server told it to (RECONNECT).

When a media node is lost, all of a room come back at the same moment. livekit-client (2.23) then
calls itself connected as soon as its media is, but for two seconds after the JoinResponse it keeps
every event about others from its application, and forgets those that came after "reconnected": a
camera that was published then would never be shown. So nothing is told in these seconds.
"""

from collections.abc import Callable

from livekit.protocol import models, rtc

from signaling.timers import Timers, cancel

DEAF = 2.25  # seconds; the client's own are 2, from the same message on
RETURN = 15.0  # seconds after the loss, until which a join is a return

_SDK = models.ClientInfo.SDK
_AFFECTED = (_SDK.JS, _SDK.REACT_NATIVE)  # the same client inside


class Restart:
    """What others do meanwhile, kept in order."""

    def __init__(self, timers: Timers, on_end: Callable[[float], None], now: float) -> None:
        self._kept: list[rtc.SignalResponse] = []
        self._end = timers.at(now + DEAF, on_end)

    def keeps(self, response: rtc.SignalResponse) -> bool:
        """True: it is told at the end."""
        if response.WhichOneof("message") != "update":
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
    """Who of a room has been told to begin anew, and when."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}  # by identity

    def expect(self, identity: str, now: float) -> None:
        self._until[identity] = now + RETURN

    def is_deaf(self, identity: str, client: models.ClientInfo, now: float) -> bool:
        """Of somebody who joins: does it come back, and hear nothing at first?"""
        until = self._until.pop(identity, now)
        return now < until and client.sdk in _AFFECTED
