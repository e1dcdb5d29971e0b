"""Packets that we make ourselves, in the stream that a subscriber gets: silence, padding, black.

They take the subscription's next numbers, so that what the publisher sends goes on behind them.
"""

from sfu.formats import Format, Payload
from sfu.outbox import Outbox
from sfu.rewrite.writer import Writer
from sfu.state import State
from sfu.subscription import Subscription
from sfu.tables import NEVER

MARKER = 0x80
HAS_PADDING = 0x20  # in the first octet of a header (RFC 3550, section 5.1)
PADDING = bytes(254) + b"\xff"  # ends with its size
OPUS_SILENCE = bytes.fromhex("f8fffe")  # one frame
SILENCE = {"audio/pcmu": b"\xff" * 160, "audio/pcma": b"\xd5" * 160}  # 20 ms (G.711); else Opus


class Maker:
    def __init__(self, state: State, outbox: Outbox, writer: Writer) -> None:
        self._state = state
        self._outbox = outbox
        self._writer = writer

    def send(
        self, subscription: Subscription, kind: int, payload: bytes, timestamp: int, now: float
    ) -> None:
        """`kind`: marker and payload type."""
        table, row, head = self._state.subscription_table, subscription.row, subscription.head
        number = table.next[row]
        self._outbox.now = now
        start = self._writer.write(
            subscription.client, head, kind, number, timestamp, table.ssrc[row], payload
        )
        if payload is PADDING:
            self._writer.data[start - head.size] |= HAS_PADDING
        self._writer.finish(subscription.client, head, start + len(payload), NEVER)
        table.next[row] = number + 1
        table.last_timestamp[row] = timestamp
        table.last_time[row] = now
        table.packets[row] += 1
        table.octets[row] += 0 if payload is PADDING else len(payload)


def silence(subscription: Subscription, payload: Payload) -> bytes:
    """20 ms of it, as the subscriber plays it."""
    if payload.format is Format.RED:
        # A block of its own, without repetitions (RFC 2198).
        opus = max(subscription.payload_type(Format.OPUS), 0)
        return bytes([opus]) + OPUS_SILENCE + mark(subscription)
    return SILENCE.get(payload.mime, OPUS_SILENCE) + mark(subscription)


def mark(subscription: Subscription) -> bytes:
    """What ends a frame of ours in an encrypted track: the client takes it as it is."""
    return subscription.trailer if subscription.publication.is_encrypted else b""
