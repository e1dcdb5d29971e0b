"""First packets of a track whose publisher sends nothing yet.

Clients that use pion learn of a track by its first packet and not by the description: one that is
muted, or still being set up, would not be there for them. So they get silence, or video packets of
nothing but padding, for as long as nothing else comes, and five seconds at most (LiveKit). One
would do; there are ten a second in case some get lost.
"""

from sfu.formats import Payload
from sfu.made import MARKER, PADDING, Maker, silence
from sfu.state import State
from sfu.subscription import Subscription
from sfu.tables import NEVER

FIRST = 0.1  # seconds in which the publisher's own packets may come before ours
LASTS = 5.0
EVERY = 0.1
GRID = 0.02  # seconds: what is due between two moments leaves together


class Opening:
    """`begin` with a new subscription; the plane calls `handle_timeout` with its row when due."""

    def __init__(self, state: State, maker: Maker) -> None:
        self._state = state
        self._maker = maker
        self._ends: dict[int, float] = {}  # by row, when it is given up: set with the first packet

    def begin(self, subscription: Subscription, now: float) -> None:
        if subscription.is_opened and subscription.source is None and subscription.types.payloads:
            self._come_back(subscription.row, now + FIRST)

    def end(self, subscription: Subscription) -> None:
        self._ends.pop(subscription.row, None)
        self._state.deadlines.set(("opening", subscription.row), None)

    def handle_timeout(self, row: int, now: float) -> None:
        subscription = self._state.subscription(row)
        if subscription.source is not None:  # the publisher's packets have come
            self._ends.pop(row, None)
            return
        if not subscription.client.is_ready:
            self._come_back(row, now + FIRST)
            return
        if now > self._ends.setdefault(row, now + LASTS):
            return
        self._send(subscription, now)
        self._come_back(row, now + EVERY)

    def _come_back(self, row: int, at: float) -> None:
        self._state.deadlines.set(("opening", row), round(at / GRID) * GRID)

    def _send(self, subscription: Subscription, now: float) -> None:
        number, payload = _format(subscription)
        last = self._state.subscription_table.last_timestamp[subscription.row]
        step = int(EVERY * payload.clock_rate)
        timestamp = self._state.random(32) if last == NEVER else last + step & 0xFFFFFFFF
        if subscription.publication.is_audio:
            quiet = silence(subscription, payload)
            self._maker.send(subscription, MARKER | number, quiet, timestamp, now)
        else:
            self._maker.send(subscription, number, PADDING, timestamp, now)


def _format(subscription: Subscription) -> tuple[int, Payload]:
    """What the client would rather have, and its number."""
    return next(iter(subscription.types.payloads.items()))
