"""Packets that a subscriber asks for again, by RTX (RFC 4588) or as they were: the rules of
`retransmit.py`.

A router that drops for a moment loses packets for everybody behind it, who then ask for thousands
at once.
"""

from sfu.arena import PAYLOAD, Times, repeated
from sfu.history import RESENT
from sfu.loops.forward import Sheet, Tables
from sfu.loops.octets import copy
from sfu.loops.seal import TAG
from sfu.loops.sort import WORDS
from sfu.loops.write import big, put, put_ids, take_number, write_head
from sfu.ring import SHIFT, SLOT
from sfu.tables import NEVER, Ints, Octets, Row
from turn.compiling import compiled, i64

MOST = 3  # times that a packet is sent again
SLOTS = 0xFFFFFF  # of a reference to a packet
ORIGINAL = 2  # bytes of the number that it had, before the payload

COUNTS = 4
N_WRITTEN, N_GONE, N_ENOUGH, N_REFUSED = range(COUNTS)


@compiled
def resend(
    tables: Tables, row: int, asked: Ints, count: int, allowed: int, milliseconds: int,
    interval: int, sheet: Sheet, place: int, times: Times, counts: Ints,
) -> None:  # fmt: skip
    """What a subscription has asked for, into rows of the arena from `place` on.

    `asked`: 16-bit numbers; `allowed`: packets that may be sent now; `interval`: milliseconds, at
    least, between two times.
    """
    subscription = tables.subscriptions[row]
    counts[:] = 0
    for index in range(count):
        number = asked[index]
        past = tables.history[subscription.history + (number & subscription.depth - 1)]
        slot = past.reference & SLOTS
        again = i64(past.ids) >> RESENT
        waited = milliseconds - i64(past.resent_at) & 0xFFFFFFFF
        if counts[N_WRITTEN] >= allowed:
            counts[N_REFUSED] += 1
        elif (
            past.stamp >> 32 != number
            or tables.generations[slot >> SHIFT] != past.reference >> 24
            or not fits(subscription, tables.packets[slot])
        ):
            counts[N_GONE] += 1
        elif again >= MOST or (again and waited < interval):
            counts[N_ENOUGH] += 1
        else:
            at = place + counts[N_WRITTEN]
            if subscription.rtx_payload_type:
                write_rtx(tables, row, past, slot, sheet, at, times)
            else:
                write_again(tables, row, past, slot, sheet, at)
            past.ids = i64(past.ids) + (1 << RESENT)
            past.resent_at = milliseconds & 0xFFFFFFFF
            counts[N_WRITTEN] += 1
    subscription.resent += counts[N_WRITTEN]


@compiled
def fits(subscription: Row, packet: Row) -> bool:
    """Nearly all do: by RTX it is longer than it was, and here it begins elsewhere."""
    original = ORIGINAL
    if not subscription.rtx_payload_type:
        if subscription.repeats == NEVER:
            return False
        original = 0
    return start_of(subscription) + length_of(subscription, packet, original) + TAG <= SLOT


@compiled
def start_of(subscription: Row) -> int:
    """Within a row of the arena."""
    head = (i64(subscription.head_kind) & 0xFF) * 4
    return max(PAYLOAD, head) - head


@compiled
def length_of(subscription: Row, packet: Row, original: int) -> int:
    """Of all that is sent."""
    return (i64(subscription.head_kind) & 0xFF) * 4 + original + i64(packet.size)


@compiled
def write_rtx(
    tables: Tables, row: int, past: Row, slot: int, sheet: Sheet, place: int, times: Times
) -> None:
    """One of them, with the next number of its own, and the number that it had."""
    packet, subscription = tables.packets[slot], tables.subscriptions[row]
    kind, start = i64(subscription.head_kind), start_of(subscription)
    length = length_of(subscription, packet, ORIGINAL)
    number = i64(0)
    if kind >> 16:
        row = subscription.client
        number = take_number(tables.clients[row], tables.log, row, times.log_time | length)
    second = i64(packet.marker) | i64(subscription.rtx_payload_type)
    words = place * WORDS + start // 4
    write_head(
        sheet.words, words, subscription, second, i64(subscription.rtx_next),
        past.stamp & 0xFFFFFFFF, kind, times.send_time, number,
    )  # fmt: skip
    sheet.words[words + 2] = big(i64(subscription.rtx_ssrc))
    subscription.rtx_next += 1
    at = place * SLOT + start + length - i64(packet.size)
    sheet.octets[at - 2] = past.stamp >> 40 & 0xFF
    sheet.octets[at - 1] = past.stamp >> 32 & 0xFF
    write_payload(sheet.octets, at, past, tables.octets, packet)
    put(sheet.columns[place], subscription.client, start, length, NEVER)


@compiled
def write_again(tables: Tables, row: int, past: Row, slot: int, sheet: Sheet, place: int) -> None:
    """One of them, with all that it had."""
    packet, subscription = tables.packets[slot], tables.subscriptions[row]
    kind, start = i64(subscription.head_kind), start_of(subscription)
    length = length_of(subscription, packet, 0)
    number = i64(past.stamp) >> 32
    repeat = subscription.repeats + (number & subscription.depth - 1)
    sent = tables.repeats[repeat].sent
    second = i64(packet.marker) | i64(subscription.payload_type)
    write_head(
        sheet.words, place * WORDS + start // 4, subscription, second, number,
        past.stamp & 0xFFFFFFFF, kind, sent >> 16, sent & 0xFFFF,
    )  # fmt: skip
    at = place * SLOT + start + length - i64(packet.size)
    write_payload(sheet.octets, at, past, tables.octets, packet)
    put(sheet.columns[place], subscription.client, start, length, repeated(repeat))


@compiled
def write_payload(octets: Octets, at: int, past: Row, ring: Octets, packet: Row) -> None:
    """As it was the first time."""
    copy(octets, at, ring, i64(packet.payload), i64(packet.size))
    places = i64(packet.ids_at)
    if places:
        put_ids(
            octets, at, places & 0x7F, places & 0x80, places >> 8 & 0xFF, places >> 16,
            i64(past.ids),
        )  # fmt: skip
