"""What a stream's subscribers with a temporal cap do not get: decided once for each cap."""

from sfu.publication import Stream
from sfu.rewrite.ids import parse_places
from sfu.state import State
from sfu.tables import CAPS, STARTS


def leave_out(state: State, stream: Stream, slot: int, temporal: int, *, is_late: bool) -> None:
    """Write into the packet's columns for which caps it is left out, and what was before it."""
    table = state.packets
    number, timestamp = table.number[slot], table.timestamp[slot]
    if not stream.drops:
        if is_late:  # what counts begins behind it
            return
        stream.start_temporal(number)
    starts = table.flags[slot] & STARTS != 0
    picture_at, *_ = parse_places(table.ids_at[slot])
    picture = table.picture[slot] if picture_at else -1
    for cap, drops in enumerate(stream.drops):
        # What is late only because a probe overtook it comes in turn here.
        if is_late and number <= drops.last:
            found = drops.find(number, timestamp)
            skip = found is None
            dropped, pictures = found or (0, 0)
        else:
            skip = drops.receive(number, timestamp, temporal, picture, starts=starts)
            dropped, pictures = drops.removals.count, drops.removals.pictures
        table.skip[slot] |= skip << cap
        table.dropped[slot * CAPS + cap] = dropped
        table.pictures[slot * CAPS + cap] = pictures
