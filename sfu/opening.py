"""First packets of a track whose publisher sends nothing yet.

Clients that use pion learn of a track by its first packet and not by the description: one that is
muted, or still being set up, would not be there for them. So they get silence, or video packets of
nothing but padding, for as long as nothing else comes, and five seconds at most (LiveKit). One
would do; there are ten a second in case some get lost.
"""

from sfu.formats import Format
from sfu.outbox import Outbox
from sfu.rewrite.writer import Writer
from sfu.state import State
from sfu.subscription import Subscription
from sfu.tables import NEVER

FIRST = 0.1  # seconds in which the publisher's own packets may come before ours
LASTS = 5.0
EVERY = 0.1
GRID = 0.02  # seconds: what is due between two moments leaves together
OPUS_SILENCE = bytes.fromhex("f8fffe")  # one frame
SILENCE = {"audio/pcmu": b"\xff" * 160, "audio/pcma": b"\xd5" * 160}  # 20 ms (G.711); else Opus
MARKER = 0x80
HAS_PADDING = 0x20  # in the first octet of a header (RFC 3550, section 5.1)
PADDING = bytes(254) + b"\xff"  # ends with its size


class Opening:
    """`begin` with a new subscription; the plane calls `handle_timeout` with its row when due."""

    def __init__(self, state: State, outbox: Outbox, writer: Writer) -> None:
        self._state = state
        self._outbox = outbox
        self._writer = writer
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
        self._outbox.set_time(now)
        if subscription.publication.is_audio:
            self._send(subscription, MARKER, _silence(subscription), now)
        else:
            self._send(subscription, 0, PADDING, now)
        self._come_back(row, now + EVERY)

    def _come_back(self, row: int, at: float) -> None:
        self._state.deadlines.set(("opening", row), round(at / GRID) * GRID)

    def _send(self, subscription: Subscription, marker: int, payload: bytes, now: float) -> None:
        """Under the subscription's next number: what the publisher sends goes on behind it."""
        table, row, head = self._state.subscription_table, subscription.row, subscription.head
        payload_type, rate = _format(subscription)
        last = table.last_timestamp[row]
        timestamp = self._state.random(32) if last == NEVER else last + int(EVERY * rate)
        timestamp &= 0xFFFFFFFF
        number = table.next[row]
        start = self._writer.write(
            subscription.client, head, marker | payload_type, number, timestamp,
            table.ssrc[row], payload,
        )  # fmt: skip
        if payload is PADDING:
            self._writer.data[start - head.size] |= HAS_PADDING
        self._writer.finish(subscription.client, head, start + len(payload), NEVER)
        table.next[row] = number + 1
        table.last_timestamp[row] = timestamp
        table.last_time[row] = now


def _format(subscription: Subscription) -> tuple[int, int]:
    """Payload type and clock rate of what the client would rather have."""
    number, payload = next(iter(subscription.types.payloads.items()))
    return number, payload.clock_rate


def _silence(subscription: Subscription) -> bytes:
    payload = next(iter(subscription.types.payloads.values()))
    trailer = subscription.trailer if subscription.publication.is_encrypted else b""
    if payload.format is Format.RED:
        # A block of its own, without repetitions (RFC 2198).
        return bytes([max(subscription.payload_type(Format.OPUS), 0)]) + OPUS_SILENCE + trailer
    return SILENCE.get(payload.mime, OPUS_SILENCE) + trailer
