"""First packets of a track whose publisher sends nothing yet.

Clients that use pion learn of a track by its first packet and not by the description: one that is
muted, or still being set up, would not be there for them. So they get silence, or video packets of
nothing but padding, for as long as nothing else comes, for a few seconds (LiveKit). One would do;
others follow in case it gets lost, each after twice as long: in a large room, whose people come at
once and are silent, ten a second would be most of all that is sent.
"""

from sfu.formats import Payload
from sfu.made import MARKER, PADDING, Maker, silence
from sfu.state import State
from sfu.subscription import Subscription
from sfu.tables import NEVER

FIRST = 0.1  # seconds in which the publisher's own packets may come before ours
LONGEST = 2.0  # of these pauses; then there is nothing more
GRID = 0.02  # seconds: what is due between two moments leaves together


class Opening:
    """`begin` with a new subscription; the plane calls `handle_timeout` with its row when due."""

    def __init__(self, state: State, maker: Maker) -> None:
        self._state = state
        self._maker = maker
        self._pauses: dict[int, float] = {}  # by row: seconds since its last packet

    def begin(self, subscription: Subscription, now: float) -> None:
        if subscription.is_opened and subscription.source is None and subscription.types.payloads:
            self._come_back(subscription.row, now + FIRST)

    def end(self, subscription: Subscription) -> None:
        self._pauses.pop(subscription.row, None)
        self._state.deadlines.set(("opening", subscription.row), None)

    def handle_timeout(self, row: int, now: float) -> None:
        subscription = self._state.subscription(row)
        if subscription.source is not None:  # the publisher's packets have come
            self._pauses.pop(row, None)
            return
        if not subscription.client.is_ready:
            self._come_back(row, now + FIRST)
            return
        pause = self._pauses.get(row, 0.0)
        self._send(subscription, pause, now)
        pause = self._pauses[row] = 2 * pause or FIRST
        if pause < LONGEST:
            self._come_back(row, now + pause)

    def _come_back(self, row: int, at: float) -> None:
        self._state.deadlines.set(("opening", row), round(at / GRID) * GRID)

    def _send(self, subscription: Subscription, pause: float, now: float) -> None:
        number, payload = _format(subscription)
        last = self._state.subscription_table.last_timestamp[subscription.row]
        step = int(pause * payload.clock_rate)
        timestamp = self._state.random(32) if last == NEVER else last + step & 0xFFFFFFFF
        if subscription.publication.is_audio:
            quiet = silence(subscription, payload)
            self._maker.send(subscription, MARKER | number, quiet, timestamp, now)
        else:
            self._maker.send(subscription, number, PADDING, timestamp, now)


def _format(subscription: Subscription) -> tuple[int, Payload]:
    """What the client would rather have, and its number."""
    return next(iter(subscription.types.payloads.items()))
