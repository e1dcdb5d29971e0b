"""Key-frame requests to publishers: who asks, and the throttle between."""

from sfu.publication import Stream
from sfu.rtcp import Pli
from sfu.state import State

FORCED = 0.2  # seconds between two requests past the throttle: eight people may join at once


class KeyFrames:
    def __init__(self, state: State) -> None:
        self._state = state

    def request(self, stream: Stream, now: float, *, forced: bool = False) -> None:
        """A decoder needs one. `forced`: nothing is shown yet, the throttle does not apply."""
        stream = stream.origin
        if stream.ssrc == 0 or stream.publication.is_audio:
            return
        forced = forced and now - stream.forced_at >= FORCED
        if forced:
            stream.forced_at = now
        self._finish(stream, stream.keys.request(now, forced=forced))

    def start(self, stream: Stream, now: float) -> None:
        """The stream's first packet is here."""
        stream = stream.origin
        self._finish(stream, stream.keys.start(now))

    def stop(self, stream: Stream) -> None:
        stream.keys.stop()
        self._state.deadlines.set(("keys", stream.row), None)

    def handle_timeout(self, row: int, now: float) -> None:
        stream = self._state.stream(row)
        self._finish(stream, stream.keys.handle_timeout(now))

    def _finish(self, stream: Stream, is_due: bool) -> None:
        if is_due:
            client = stream.publication.client
            if self._state.send_control(client, [Pli(client.ssrc, stream.ssrc)]):
                self._state.stats.key_requests += 1
        at = stream.keys.next_timeout()
        if at is not None:
            stream.await_start()
        self._state.deadlines.set(("keys", stream.row), at)
