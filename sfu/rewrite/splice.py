"""Where a subscription begins, goes on, or changes its layer: the offsets that make it one stream.

Numbers and picture ids go on without a gap. Timestamps keep the time between frames: by the
sender reports of both layers, or by the time that has passed (LiveKit).
"""

from sfu.feedback import clock
from sfu.publication import Stream
from sfu.rewrite import ids
from sfu.state import State
from sfu.subscription import Subscription
from sfu.tables import CAPS, NEVER

TRUSTED = 2.0  # seconds between what reports and the wall clock say; beyond, the latter counts
WRAP = 1 << 32


def splice(state: State, subscription: Subscription, stream: Stream, slot: int, now: float) -> None:
    """The packet in `slot` shall be the subscription's next one."""
    table, row = state.subscription_table, subscription.row
    packets = state.packets
    number = packets.number[slot]
    dropped, pictures = left_out(state, slot, table.cap[row])
    table.epoch[row] = number
    table.sequence_offset[row] = table.next[row] - (number - dropped)
    if table.last_timestamp[row] == NEVER:
        table.timestamp_offset[row] = state.random(32)
        return
    _splice_timestamp(state, subscription, stream, packets.timestamp[slot], now)
    last = table.last_ids[row]
    table.id_offset[row] = ids.pack(
        ids.picture(last) + 1 - packets.picture[slot] + pictures,
        ids.tl0(last) + 1 - packets.tl0[slot],
        ids.key(last) + 1 - packets.key[slot],
    )


def recap(state: State, row: int, slot: int, cap: int) -> None:
    """From the packet in `slot` on, the start of a frame, another temporal cap holds."""
    table = state.subscription_table
    dropped, pictures = left_out(state, slot, cap)
    dropped_before, pictures_before = left_out(state, slot, table.cap[row])
    table.cap[row] = cap
    table.epoch[row] = state.packets.number[slot]
    table.sequence_offset[row] += dropped - dropped_before
    table.id_offset[row] = ids.move(table.id_offset[row], pictures - pictures_before)


def left_out(state: State, slot: int, cap: int) -> tuple[int, int]:
    """Packets and pictures that this cap has left out before the packet, a frame's first."""
    if cap >= CAPS:
        return 0, 0
    packets = state.packets
    skip = packets.skip[slot] >> cap & 1
    at = slot * CAPS + cap
    return packets.dropped[at] - skip, packets.pictures[at] - skip


def _splice_timestamp(
    state: State, subscription: Subscription, stream: Stream, timestamp: int, now: float
) -> None:
    table, row = state.subscription_table, subscription.row
    last = table.last_timestamp[row]
    rate = stream.clock.rate
    elapsed = int((now - table.last_time[row]) * rate)
    true = _true_offset(subscription, stream, table.timestamp_offset[row])
    if true is not None:
        true -= table.timestamp_shift[row]
    chosen = next_timestamp(last, elapsed, None if true is None else timestamp + true, rate)
    table.timestamp_offset[row] = chosen - timestamp & WRAP - 1
    shift = 0 if true is None else distance(timestamp + true, chosen)
    table.timestamp_shift[row] = shift if abs(shift) <= TRUSTED * rate else 0


def _true_offset(subscription: Subscription, stream: Stream, offset: int) -> int | None:
    """What to add to the new layer's timestamps; None when nothing links it to the old one."""
    source = subscription.source
    if source is None:
        return None
    if source is stream or stream.publication.is_audio:
        return offset  # a translation has the timestamps of its original
    between = clock.offset(stream.clock, source.clock)
    return None if between is None else between + offset


def next_timestamp(last: int, elapsed: int, mapped: int | None, rate: int) -> int:
    """The timestamp of the first packet behind a splice, always later than `last`.

    `elapsed`: ticks of the wall clock since `last` was sent; `mapped`: what the reports say.
    """
    expected = last + max(elapsed, 1)
    if mapped is None or abs(distance(expected, mapped)) > TRUSTED * rate:
        return expected & WRAP - 1
    step = max(distance(last, mapped), 1)
    return last + step & WRAP - 1


def distance(start: int, end: int) -> int:
    """From one 32-bit timestamp to another, the short way round."""
    return (end - start + 0x8000_0000 & WRAP - 1) - 0x8000_0000
