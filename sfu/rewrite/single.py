"""The rewriting of one regular packet for its subscribers: the same rules as in `plain.py`.

Nothing is to be decided here, so what is constant of a subscription is read once and kept with the
stream's list of subscriptions, and all of a row is written in one loop.
"""

import struct

from sfu.arena import PAYLOAD
from sfu.fanout import Feed, Line
from sfu.outbox import Outbox
from sfu.rewrite.ids import MASK
from sfu.rewrite.plain import Outgoing, PlainRewriter, write_ids
from sfu.ring import SLOT
from sfu.rtp import FIXED, FIXED_SIZE
from sfu.state import State
from sfu.tables import LOG, NEVER

HEAD = struct.Struct("!BBHIIIII")  # the fixed part, and the usual extensions
FLAGS = 0x90  # version 2, with extensions
BARE_FLAGS = 0x80


class SingleRewriter:
    def __init__(self, state: State, outbox: Outbox, plain: PlainRewriter) -> None:
        self._state = state
        self._outbox = outbox
        self._plain = plain
        for table in (state.client_table, state.subscription_table, state.history, state.repeats):
            table.on_grow.append(self._load)
        self._load()

    def forward(self, packet: Outgoing, stream: int, rows: list[int], now: float) -> None:
        """A packet of the steady stream with this row, for its subscriptions."""
        feeds = self._state.fanout.feeds
        feed = feeds.get(stream)
        if feed is None:
            feed = feeds[stream] = self._make(stream, rows)
        lines, odd = feed
        if lines:
            self._write(packet, lines, now)
        if odd:
            self._plain.forward_regular(packet, odd, now)

    def _make(self, stream: int, rows: list[int]) -> Feed:
        state = self._state
        table = state.subscription_table
        same = 0, state.stream_table.inner[stream]
        lines: list[Line] = []
        odd: list[int] = []
        for row in rows:
            subscription = state.subscription(row)
            head = subscription.head
            is_usual = head.usual is not None or head.size == FIXED_SIZE
            if not is_usual or table.inner[row] not in same:
                odd.append(row)
                continue
            offsets = table.sequence_offset[row], table.timestamp_offset[row], table.id_offset[row]
            lines.append(
                Line(
                    row, table.client[row], table.payload_type[row], table.ssrc[row],
                    head.usual, *offsets, table.history[row], table.depth[row],
                    table.repeats[row],
                )
            )  # fmt: skip
        return Feed(lines, odd)

    def _load(self) -> None:
        """The columns of a row, in the order of `_write`."""
        state = self._state
        clients, table, history = state.client_table, state.subscription_table, state.history
        self._columns = (
            clients.twcc, clients.log, state.repeats.sent, history.reference, history.stamp,
            history.ids, table.packets, table.octets, table.next, table.last_timestamp,
            table.last_time, table.last_ids,
        )  # fmt: skip

    def _write(self, packet: Outgoing, lines: list[Line], now: float) -> None:
        (
            numbers, log, sent, references, stamps, every_ids, packets, octets, next_,
            last_timestamp, last_time, last_ids,
        ) = self._columns  # fmt: skip
        outbox = self._outbox
        arena, send_time = outbox.room(len(lines)), outbox.send_time
        data, out, ids = arena.data, arena.count, 0
        at = out * SLOT + PAYLOAD
        size, payload, marker = packet.size, packet.payload, packet.marker
        noted = outbox.log_time | HEAD.size + size
        for (
            row, client, payload_type, ssrc, words, sequence_offset, timestamp_offset, id_offset,
            entry, depth, repeat,
        ) in lines:  # fmt: skip
            extended = packet.number + sequence_offset
            sequence = extended & 0xFFFF
            timestamp = packet.timestamp + timestamp_offset & 0xFFFFFFFF
            if words is None:
                number, head = 0, FIXED_SIZE
                FIXED.pack_into(
                    data, at - head, BARE_FLAGS, marker | payload_type, sequence, timestamp, ssrc
                )
            else:
                number, head = numbers[client], HEAD.size
                numbers[client] = number + 1
                log[client * LOG + (number & LOG - 1)] = noted
                number &= 0xFFFF
                first, second, third = words
                HEAD.pack_into(
                    data, at - head, FLAGS, marker | payload_type, sequence, timestamp, ssrc,
                    first, second | send_time, third | number << 8,
                )  # fmt: skip
            data[at : at + size] = payload
            if packet.ids_at:
                ids = packet.ids + id_offset & MASK
                write_ids(data, at, packet.ids_at, ids)
                last_ids[row] = ids
            place = extended & depth - 1
            if repeat != NEVER:
                repeat += place
                sent[repeat] = send_time << 16 | number
            entry += place
            references[entry] = packet.reference
            stamps[entry] = sequence << 32 | timestamp
            every_ids[entry] = ids
            packets[row] += 1
            octets[row] += size
            next_[row] = extended + 1
            last_timestamp[row] = timestamp
            last_time[row] = now
            arena.append(client, PAYLOAD - head, head + size, repeat)
            at += SLOT
