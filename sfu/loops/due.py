"""Whose receiver and sender reports are due, and what stands in them (RFC 3550, section 6.4).

The tables are looked through as a whole, 20 times a second: by numpy that took 0.3 ms each time,
however little was due.
"""

import numpy as np

from sfu.feedback.reception import START
from sfu.feedback.round_trips import UNIT
from sfu.loops.reports import write
from sfu.rtcp.header import SENDER_REPORT
from sfu.tables import NEVER, Ints, Octets, Row, Rows
from turn.compiling import compiled, i64

BLOCK_SIZE, SENDER_SIZE = 24, 28  # bytes of a report block, of a sender report without blocks
SENDER_HEAD = 0x80 << 24 | SENDER_REPORT << 16 | SENDER_SIZE // 4 - 1
MOST_LOST = 0x7FFFFF  # fits into a block
FRACTION = 1 << 32  # NTP counts 1/2^32 s
LOW = 0xFFFFFFFF
HIGH_BITS, LOW_BITS = np.uint64(32), np.uint64(LOW)  # of a number of 64 bits that is not signed


@compiled
def take_due(
    clients: Rows, used: int, now: float, interval: float, early: float, due: Octets
) -> float:
    """Marks whose reports are due; the next ones are an interval later.

    Returns when the first of the next ones is, in seconds; infinity: never.
    """
    first = np.inf
    for row in range(used):
        client = clients[row]
        at = client.report_at
        due[row] = 0 < at <= now + early
        if due[row]:
            at = max(at, now - interval / 2) + interval
            client.report_at = at
        if at > 0:
            first = min(first, at)
    return first


@compiled
def write_blocks(
    streams: Rows, used: int, due: Octets, now: float, owners: Ints, octets: Octets
) -> int:
    """A report block about each stream of those who are due; returns how many.

    Each has had a packet. The fraction lost counts from the last call. `owners`: the row of the
    client of each block.
    """
    found = 0
    for row in range(used):
        stream = streams[row]
        # In brackets: where nothing is compiled, rows have another attribute of that name.
        if stream["base"] == 0 or not due[stream.client]:
            continue
        owners[found] = stream.client
        write_block(stream, now, octets, found * BLOCK_SIZE)
        found += 1
    return found


@compiled
def write_block(stream: Row, now: float, octets: Octets, at: int) -> None:
    total = stream.highest - stream["base"] + 1
    sent = total - stream.expected_before
    missing = sent - stream.received + stream.received_before
    stream.expected_before, stream.received_before = total, stream.received
    fraction = min(max(missing * 256 // max(sent, 1), 0), 255)
    lost = min(max(total - stream.received, -MOST_LOST - 1), MOST_LOST)
    write(octets, at, i64(stream.ssrc), 4)
    write(octets, at + 4, fraction << 24 | lost & 0xFFFFFF, 4)
    write(octets, at + 8, stream.highest - START, 4)
    write(octets, at + 12, i64(stream.jitter), 4)
    last = delay = 0
    if stream.clock_ntp != 0:
        last = middle(i64(stream.clock_ntp >> HIGH_BITS), i64(stream.clock_ntp & LOW_BITS))
        delay = min(max(i64((now - stream.clock_arrival) * UNIT), 0), LOW)
    write(octets, at + 16, last, 4)
    write(octets, at + 20, delay, 4)


@compiled
def write_senders(
    subscriptions: Rows, used: int, streams: Rows, due: Octets, now: float, found: Ints,
    octets: Octets,
) -> int:  # fmt: skip
    """A report about each subscription of those who are due; returns how many.

    In the publisher's clock, so that its audio and video stay together. There is none while the
    publisher has not said what its clock is. `found`: the rows of the subscriptions.
    """
    count = 0
    for row in range(used):
        subscription = subscriptions[row]
        if subscription.stream == NEVER or not due[subscription.client]:
            continue
        stream = streams[subscription.stream]
        clock = streams[stream.clock]
        if clock.clock_ntp == 0:
            continue
        found[count] = row
        write_sender(subscription, clock, now, octets, count * SENDER_SIZE)
        count += 1
    return count


@compiled
def write_sender(subscription: Row, clock: Row, now: float, octets: Octets, at: int) -> None:
    elapsed = now - clock.clock_arrival
    since = i64(np.rint(elapsed * FRACTION))
    low = i64(clock.clock_ntp & LOW_BITS) + (since & LOW)
    high = i64(clock.clock_ntp >> HIGH_BITS) + (since >> 32) + (low >> 32)
    ticks = i64(np.rint(elapsed * i64(clock.rate)))
    subscription.report = middle(high, low)
    subscription.report_time = now
    write(octets, at, SENDER_HEAD, 4)
    write(octets, at + 4, i64(subscription.ssrc), 4)
    write(octets, at + 8, high, 4)
    write(octets, at + 12, low, 4)
    write(octets, at + 16, i64(clock.clock_rtp) + ticks + subscription.timestamp_offset, 4)
    write(octets, at + 20, subscription.packets, 4)
    write(octets, at + 24, subscription.octets, 4)


@compiled
def middle(high: int, low: int) -> int:
    """Of an NTP time's halves the 32 bits that LSR is made of."""
    return (high & 0xFFFF) << 16 | low >> 16 & 0xFFFF
