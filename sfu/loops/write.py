"""The rewriting of taken packets into rows of the arena: the same rules as `rewrite/plain.py`."""

import sys

import numpy as np

from sfu.loops.sort import WORDS
from sfu.rewrite.ids import KEY, MASK, PRESENT, TL0
from sfu.ring import SLOT
from sfu.tables import LOG, NEVER, Ints, Longs, Octets, Row, Rows, Words
from turn.compiling import compiled, i64

u32 = np.uint32
IS_LITTLE = sys.byteorder == "little"
LONGS = SLOT // 8  # of eight bytes


@compiled
def big(word: int) -> int:
    """A word as the wire has it, to be stored as this machine does."""
    if not IS_LITTLE:
        return word
    return word >> 24 & 0xFF | word >> 8 & 0xFF00 | (word & 0xFF00) << 8 | (word & 0xFF) << 24


@compiled
def write(
    ring: Longs, longs: Longs, words: Words, octets: Octets, rows: Rows, order: Ints, begin: int,
    end: int, place: int, taken: Rows, streams: Rows, subscriptions: Rows, clients: Rows,
    log: Ints, history: Rows, repeats: Rows, columns: Rows, now: float, send_time: int,
    log_time: int,
) -> None:  # fmt: skip
    """Rows `begin` to `end` in this order, into the arena from `place` on.

    The arena is given as words of eight and four bytes and as octets. `send_time`: as the extension
    has it; `log_time`: what is noted of a packet with a transport-wide number, but its length.
    """
    for index in range(begin, end):
        row = rows[order[index]]
        packet, subscription = taken[row.packet], subscriptions[row.subscription]
        client = clients[subscription.client]
        first, last = packet.body >> 3, (packet.body + packet.length + 7) >> 3
        begin = packet.payload >> 3
        longs[place, first:last] = ring[begin : begin + last - first]
        extended = packet.number + subscription.sequence_offset
        timestamp = packet.timestamp + subscription.timestamp_offset & 0xFFFFFFFF
        kind = i64(subscription.head_kind)
        size, number_at, number = (kind & 0xFF) * 4, kind >> 16, i64(0)
        if number_at:
            number = take_number(client, log, subscription.client, log_time | packet.length + size)
        at = place * WORDS + (packet.body - size) // 4
        second = packet.marker | i64(subscription.payload_type)
        write_head(words, at, subscription, second, extended, timestamp, kind, send_time, number)
        ids = i64(0)
        if packet.ids:
            ids = packet.ids + i64(subscription.id_offset) & (MASK | PRESENT)
            write_ids(octets, place * SLOT + packet.body, streams[packet.stream], ids)
            ids &= MASK
            subscription.last_ids = ids
        entry = extended & subscription.depth - 1
        remember(history[subscription.history + entry], packet, extended, timestamp, ids)
        again = i64(NEVER)
        if subscription.repeats != NEVER:
            again = subscription.repeats + entry
            repeats[again].sent = send_time << 16 | number & 0xFFFF
        column, start = columns[place], packet.body - size
        put(column, subscription.client, start, packet.length + size, again)
        go_on(subscription, packet.length, extended, timestamp, now)
        place += 1


@compiled
def take_number(client: Row, log: Ints, row: int, noted: int) -> int:
    """The next transport-wide number of the client in this row."""
    number = i64(client.twcc)
    client.twcc = number + 1
    log[row, number & LOG - 1] = noted
    return number


@compiled
def put(column: Row, client: int, start: int, length: int, again: int) -> None:
    """What the arena's columns say of RTP that was written."""
    column.client = client
    column.is_control = 0
    column.start = start
    column.length = length
    column.again = again


@compiled
def write_head(
    words: Words, at: int, subscription: Row, second: int, extended: int, timestamp: int,
    kind: int, send_time: int, number: int,
) -> None:  # fmt: skip
    """From the constant words, `heads.py`. `second`: the second octet, marker and payload type."""
    head = subscription.head
    words[at] = big(i64(head[0]) | second << 16 | extended & 0xFFFF)
    words[at + 1] = big(timestamp)
    for word in range(2, kind & 0xFF):
        words[at + word] = big(i64(head[word]))
    send_time_at, number_at = kind >> 8 & 0xFF, kind >> 16
    if send_time_at:
        words[at + send_time_at] |= big(send_time)
    if number_at:
        words[at + number_at] |= big((number & 0xFFFF) << 8)


@compiled
def write_ids(octets: Octets, at: int, stream: Row, ids: int) -> None:
    """VP8's, of the payload at this place."""
    put_ids(
        octets, at, i64(stream.picture_at), i64(stream.is_wide), i64(stream.tl0_at),
        i64(stream.key_at), ids,
    )  # fmt: skip


@compiled
def put_ids(
    octets: Octets, at: int, picture_at: int, is_wide: int, tl0_at: int, key_at: int, ids: int
) -> None:
    """Where they are, from the payload's beginning on; 0: that one is not there."""
    if is_wide:
        octets[at + picture_at] = ids >> 8 & 0x7F | 0x80
        octets[at + picture_at + 1] = ids & 0xFF
    elif picture_at:
        octets[at + picture_at] = ids & 0x7F
    if tl0_at:
        octets[at + tl0_at] = ids >> TL0 & 0xFF
    if key_at:
        octets[at + key_at] = i64(octets[at + key_at]) & 0xE0 | ids >> KEY & 0x1F


@compiled
def remember(entry: Row, packet: Row, extended: int, timestamp: int, ids: int) -> None:
    """What was sent, so that it can be sent again."""
    entry.reference = packet.reference
    entry.stamp = (extended & 0xFFFF) << 32 | timestamp
    entry.ids = ids


@compiled
def go_on(subscription: Row, size: int, extended: int, timestamp: int, now: float) -> None:
    """What the subscription keeps of its last packet."""
    subscription.packets += 1
    subscription.octets += size
    subscription.next = extended + 1
    subscription.last_timestamp = timestamp
    subscription.last_time = now
