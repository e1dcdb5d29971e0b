"""Answer a subscriber's NACK from the ring and the history (LiveKit)."""

from sfu.drop import Drop
from sfu.history import History
from sfu.rewrite.plain import Outgoing, name_blocks, write_ids
from sfu.rewrite.writer import Writer
from sfu.state import State
from sfu.subscription import KEPT, Subscription

MOST = 3  # times that a packet is sent again
SOONEST = 0.1  # seconds between two of them, or two round trips when that is less
DEFAULT_RTT = 0.07
ASKED = 512  # numbers of one NACK that are looked at


class Retransmitter:
    """By RTX (RFC 4588), which has numbers of its own; without it the same datagram again.

    A packet must never be sealed twice under one number with different bytes: with AES-GCM that
    gives the authentication key away (RFC 7714, section 8). So without RTX the datagrams are kept.
    """

    def __init__(self, state: State, writer: Writer) -> None:
        self._state = state
        self._writer = writer
        self._packet = Outgoing()

    def resend(self, subscription: Subscription, sequences: list[int], now: float) -> None:
        """`sequences`: 16-bit numbers as the subscriber knows them."""
        table, row = self._state.subscription_table, subscription.row
        rtt = table.rtt[row] or DEFAULT_RTT
        interval = int(min(SOONEST, 2 * rtt) * 1000)
        for sequence in sequences[:ASKED]:
            self._resend_one(subscription, sequence, int(now * 1000), interval)

    def _resend_one(
        self, subscription: Subscription, sequence: int, milliseconds: int, interval: int
    ) -> None:
        state, history = self._state, subscription.history
        at = subscription.history_row * history.depth + (sequence & history.depth - 1)
        if history.stamp[at] >> 32 != sequence or not history.reference[at]:
            return state.drop(Drop.NOT_IN_HISTORY)
        times = history.resent[at]
        waited = milliseconds - history.resent_at[at] & 0xFFFFFFFF
        if times >= MOST or (times and waited < interval):
            return state.drop(Drop.RESENT_ENOUGH)
        is_sent = (
            self._send_rtx(subscription, history, at, sequence)
            if state.subscription_table.rtx_payload_type[subscription.row]
            else self._send_again(subscription, sequence)
        )
        if not is_sent:
            return state.drop(Drop.NOT_IN_HISTORY)
        history.resent[at] = times + 1
        history.resent_at[at] = milliseconds & 0xFFFFFFFF
        state.subscription_table.resent[subscription.row] += 1
        state.stats.resent += 1
        return None

    def _send_rtx(
        self, subscription: Subscription, history: History, at: int, sequence: int
    ) -> bool:
        state, row = self._state, subscription.row
        reference = history.reference[at]
        if not state.ring.holds(reference):
            return False
        table, packet, writer = state.subscription_table, self._packet, self._writer
        packet.load(state, reference & 0xFFFFFF)
        number = table.rtx_next[row]
        table.rtx_next[row] = number + 1
        start = writer.write(
            subscription.client,
            subscription.head,
            packet.marker | table.rtx_payload_type[row],
            number,
            history.stamp[at] & 0xFFFFFFFF,
            table.rtx_ssrc[row],
            sequence.to_bytes(2, "big") + packet.payload,
        )
        end = start + 2 + packet.size
        if packet.has_ids:
            write_ids(writer.data, start + 2, packet, history.ids[at])
        elif table.inner[row]:
            name_blocks(writer.data, start + 2, end, table.inner[row])
        is_audio = subscription.publication.is_audio
        return writer.send(subscription.client, end, is_audio=is_audio) is not None

    def _send_again(self, subscription: Subscription, sequence: int) -> bool:
        """The depth is a multiple of KEPT: the place is the same for 16 bits of the number."""
        sealed = subscription.kept[sequence % KEPT] if subscription.kept else b""
        if sealed[2:4] != sequence.to_bytes(2, "big"):
            return False
        self._writer.push(subscription.client, sealed, is_audio=subscription.publication.is_audio)
        return True
