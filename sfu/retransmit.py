"""Answer a subscriber's NACK from the ring and the history (LiveKit)."""

import struct

import numpy as np

from sfu.arena import Arena
from sfu.drop import Drop
from sfu.history import RESENT
from sfu.loops.resend import COUNTS, MOST, N_ENOUGH, N_GONE, N_REFUSED, N_WRITTEN, resend
from sfu.outbox import Outbox
from sfu.regular import Regular
from sfu.rewrite.plain import Outgoing, name_blocks, write_ids
from sfu.rewrite.writer import Writer
from sfu.state import State
from sfu.subscription import Head, Subscription
from sfu.tables import NEVER
from turn.compiling import Direct

TAG = struct.Struct("<Q")  # what `loops/seal.py` notes
SOONEST = 0.1  # seconds between two of them, or two round trips when that is less
DEFAULT_RTT = 0.07
ASKED = 512  # numbers of one NACK that are looked at
RATE, BURST = 20_000, 6_000  # packets a second, and at once, that are sent again for all
ALONE = 4  # as much work as so many: one that the loop leaves to Python


class Retransmitter:
    """By RTX (RFC 4588), which has numbers of its own; without it the same datagram again.

    A packet must never be sent under one number with different bytes: with AES-GCM that gives the
    authentication key away (RFC 7714, section 8). So what is sealed again without RTX leaves only
    when its tag is that of the first time.
    """

    def __init__(self, state: State, writer: Writer, outbox: Outbox, regular: Regular) -> None:
        self._state = state
        self._writer = writer
        self._outbox = outbox
        self._regular = regular
        self._loop = Direct(resend)
        self._asked = np.zeros(ASKED, np.int64)
        self._counts = np.zeros(COUNTS, np.int64)
        self._packet = Outgoing()
        self._trial = Arena()
        self._room = float(BURST)
        self._refilled = 0.0  # when

    def resend(self, subscription: Subscription, sequences: list[int], now: float) -> None:
        """`sequences`: 16-bit numbers as the subscriber knows them.

        A process that cannot keep up loses packets for everybody, who then ask for them all: it
        would never recover if it sent whatever is asked for.
        """
        self._room = min(BURST, self._room + (now - self._refilled) * RATE)
        self._refilled = now
        sequences = sequences[:ASKED]
        rtt = self._state.subscription_table.rtt[subscription.row] or DEFAULT_RTT
        interval = int(min(SOONEST, 2 * rtt) * 1000)
        alone = self._unusual(subscription, sequences)
        if len(alone) < len(sequences):
            others = set(alone)
            usual = [one for one in sequences if one not in others] if others else sequences
            self._resend_usual(subscription.row, usual, int(now * 1000), interval)
        for sequence in alone:
            if self._room < ALONE:
                self._state.drop(Drop.RESEND_LIMIT)
                continue
            self._resend_one(subscription, sequence, int(now * 1000), interval)

    def _unusual(self, subscription: Subscription, sequences: list[int]) -> list[int]:
        """Those that the loop does not write: the header is none of words, or has something of its
        own, or the payload does not leave as it stands in the ring."""
        state, row = self._state, subscription.row
        table, history, descriptors = state.subscription_table, state.history, state.descriptors
        if table.is_odd[row] or table.inner[row]:
            return sequences
        if not subscription.has_details or not descriptors:
            return []
        first, last = table.history[row], table.depth[row] - 1
        return [n for n in sequences if descriptors.has(history.reference[first + (n & last)])]

    def _resend_usual(
        self, row: int, sequences: list[int], milliseconds: int, interval: int
    ) -> None:
        """By the loop, with room for all of them in the arena."""
        state, outbox, asked = self._state, self._outbox, len(sequences)
        self._asked[:asked] = sequences
        arena = outbox.room(asked)
        self._loop.call(
            self._regular.tables(), row, self._asked, asked, int(self._room), milliseconds,
            interval, self._regular.sheet, arena.count, outbox.times, self._counts,
        )  # fmt: skip
        counts: list[int] = self._counts.tolist()
        arena.count += counts[N_WRITTEN]
        self._room -= counts[N_WRITTEN]
        state.stats.resent += counts[N_WRITTEN]
        dropped = state.stats.dropped
        dropped[Drop.NOT_IN_HISTORY] += counts[N_GONE]
        dropped[Drop.RESENT_ENOUGH] += counts[N_ENOUGH]
        dropped[Drop.RESEND_LIMIT] += counts[N_REFUSED]

    def _resend_one(
        self, subscription: Subscription, sequence: int, milliseconds: int, interval: int
    ) -> None:
        state, history, table = self._state, self._state.history, self._state.subscription_table
        place = sequence & table.depth[subscription.row] - 1
        entry = table.history[subscription.row] + place
        reference = history.reference[entry]
        if history.stamp[entry] >> 32 != sequence or not state.ring.holds(reference):
            return state.drop(Drop.NOT_IN_HISTORY)
        times = history.ids[entry] >> RESENT
        waited = milliseconds - history.resent_at[entry] & 0xFFFFFFFF
        if times >= MOST or (times and waited < interval):
            return state.drop(Drop.RESENT_ENOUGH)
        self._packet.load(state, reference & 0xFFFFFF)
        if table.rtx_payload_type[subscription.row]:
            self._send_rtx(subscription, entry, sequence)
        elif table.repeats[subscription.row] == NEVER:
            return state.drop(Drop.NOT_IN_HISTORY)
        else:
            self._send_again(subscription, entry, place, sequence)
        history.ids[entry] += 1 << RESENT
        history.resent_at[entry] = milliseconds & 0xFFFFFFFF
        self._room -= ALONE
        table.resent[subscription.row] += 1
        state.stats.resent += 1
        return None

    def _send_rtx(self, subscription: Subscription, entry: int, sequence: int) -> None:
        state, row = self._state, subscription.row
        table, packet, writer = state.subscription_table, self._packet, self._writer
        number, head = table.rtx_next[row], self._head(subscription)
        payload = packet.payload_for(subscription)
        table.rtx_next[row] = number + 1
        start = writer.write(
            subscription.client,
            head,
            packet.marker | table.rtx_payload_type[row],
            number,
            state.history.stamp[entry] & 0xFFFFFFFF,
            table.rtx_ssrc[row],
            sequence.to_bytes(2, "big") + payload,
        )
        self._renumber(row, entry, start + 2, len(payload))
        end = start + 2 + len(payload)
        writer.finish(subscription.client, head, end, NEVER)

    def _head(self, subscription: Subscription) -> Head:
        """As the packet left the first time, but for the mid when that is not needed any more."""
        if subscription.has_details:
            return self._state.descriptors.head(subscription, self._packet.reference)
        return subscription.head

    def _renumber(self, row: int, entry: int, start: int, size: int) -> None:
        """The payload that begins at `start`, as it was the first time."""
        inner, data = self._state.subscription_table.inner[row], self._writer.data
        if self._packet.ids_at:
            write_ids(data, start, self._packet.ids_at, self._state.history.ids[entry])
        elif inner:
            name_blocks(data, start, start + size, inner)

    def _send_again(
        self, subscription: Subscription, entry: int, place: int, sequence: int
    ) -> None:
        """Unless it would not be the very same datagram."""
        state, row = self._state, subscription.row
        table, packet, trial = state.subscription_table, self._packet, self._trial
        path = subscription.client.endpoint.send_path
        repeat, head = table.repeats[row] + place, self._head(subscription)
        payload = packet.payload_for(subscription)
        trial.count = 0
        start = self._writer.rewrite(
            trial,
            head,
            packet.marker | table.payload_type[row],
            sequence,
            state.history.stamp[entry] & 0xFFFFFFFF,
            table.ssrc[row],
            payload,
            state.repeats.sent[repeat],
        )
        self._renumber(row, entry, start, len(payload))
        self._writer.finish(subscription.client, head, start + len(payload), repeat)
        state.sealer.seal(trial)
        sealed = trial.packet(0)
        if not sealed or TAG.unpack(sealed[-TAG.size :])[0] != state.repeats.tag[repeat]:
            state.drop(Drop.NOT_IN_HISTORY)
        elif path is not None:
            state.stats.packets_out += 1
            state.stats.bytes_out += len(sealed)
            state.pacer.push(sealed, path)
