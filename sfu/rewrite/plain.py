"""The rewriting of a packet for its subscribers, one row at a time, in plain Python on the tables.

A row is one packet for one subscription. All that is decided here comes from the columns alone, so
that whole arrays of rows can be rewritten by the same rules.
"""

from collections.abc import Sequence

from sfu.drop import Drop
from sfu.rewrite.ids import KEY, MASK, PICTURES, TL0, move, pack, parse_places
from sfu.rewrite.writer import Writer
from sfu.state import State
from sfu.subscription import Subscription
from sfu.tables import CAPS, NEVER
from simulcast.descriptors import trailer, vp8


class Outgoing:
    """A packet's columns, read once for all of its rows."""

    __slots__ = (
        "dropped",
        "ids",
        "ids_at",
        "marker",
        "number",
        "payload",
        "pictures",
        "reference",
        "size",
        "skip",
        "timestamp",
    )

    payload: memoryview
    dropped: tuple[int, ...]  # by temporal cap
    pictures: tuple[int, ...]

    def load(self, state: State, slot: int) -> None:
        table, at = state.packets, slot * CAPS
        self.reference = state.ring.reference(slot)
        self.number = table.number[slot]
        self.timestamp = table.timestamp[slot]
        self.marker = table.marker[slot]
        self.skip = table.skip[slot]
        self.size = table.size[slot]
        self.payload = payload_of(state, slot)
        self.dropped = table.dropped[at], table.dropped[at + 1], 0
        self.pictures = table.pictures[at], table.pictures[at + 1], 0
        self.ids_at = table.ids_at[slot]
        if self.ids_at:
            self.ids = pack(table.picture[slot], table.tl0[slot], table.key[slot])

    def payload_for(self, subscription: Subscription) -> memoryview:
        """Without the metadata behind a frame, for who does not know it (LiveKit)."""
        if not (subscription.strips_trailers and self.marker):
            return self.payload
        return self.payload[: self.size - trailer.size(self.payload)]


def payload_of(state: State, slot: int) -> memoryview:
    start = state.packets.payload[slot]
    return state.ring.data[start : start + state.packets.size[slot]]


class PlainRewriter:
    def __init__(self, state: State, writer: Writer) -> None:
        self._state = state
        self._writer = writer
        self._packet = Outgoing()

    def forward(self, slot: int, rows: Sequence[int], now: float) -> None:
        """Write the packet in `slot` for the subscriptions of these rows."""
        packet = self._packet
        packet.load(self._state, slot)
        for row in rows:
            self._forward_one(packet, row, now)

    def _forward_one(self, packet: Outgoing, row: int, now: float) -> None:
        state, table = self._state, self._state.subscription_table
        cap = table.cap[row]
        if packet.skip >> cap & 1:
            return state.drop(Drop.TEMPORAL)
        if packet.number < table.epoch[row]:
            return state.drop(Drop.LATE_FOR_SWITCH)
        extended = packet.number - packet.dropped[cap] + table.sequence_offset[row]
        is_next = extended >= table.next[row]
        if not is_next and not self._is_open(row, extended):
            return state.drop(Drop.DUPLICATE)
        return self._write(packet, row, extended, packet.pictures[cap], now, is_next=is_next)

    def _write(
        self, packet: Outgoing, row: int, extended: int, pictures: int, now: float, *, is_next: bool
    ) -> None:
        """Under this number; `pictures` are left out before it for this subscription."""
        state, writer = self._state, self._writer
        table, history = state.subscription_table, state.history
        subscription = state.subscriptions[row]
        assert subscription is not None
        client, head = subscription.client, subscription.head
        if subscription.has_details:
            head = state.descriptors.head(subscription, packet.reference)
        payload = packet.payload_for(subscription)
        size = len(payload)
        timestamp = packet.timestamp + table.timestamp_offset[row] & 0xFFFFFFFF
        kind, ssrc = packet.marker | table.payload_type[row], subscription.ssrc
        place = extended & table.depth[row] - 1
        repeat = table.repeats[row]
        if repeat != NEVER:
            repeat += place
        start = writer.write(client, head, kind, extended, timestamp, ssrc, payload)
        writer.finish(client, head, start + size, repeat)
        if repeat != NEVER:
            state.repeats.sent[repeat] = writer.sent
        ids = 0
        if packet.ids_at:
            offset = table.id_offset[row]
            ids = packet.ids + (move(offset, -pictures) if pictures else offset) & MASK
            write_ids(writer.data, start, packet.ids_at, ids)
        elif inner := table.inner[row]:
            name_blocks(writer.data, start, start + size, inner)
        # What cannot be sent is lost like any other packet: the subscriber may ask for it.
        entry = table.history[row] + place
        history.reference[entry] = packet.reference
        history.stamp[entry] = (extended & 0xFFFF) << 32 | timestamp
        history.ids[entry] = ids
        table.packets[row] += 1
        table.octets[row] += size
        if is_next:
            table.next[row] = extended + 1
            table.last_timestamp[row] = timestamp
            table.last_time[row] = now
            if packet.ids_at:
                table.last_ids[row] = ids

    def _is_open(self, row: int, extended: int) -> bool:
        """May a late packet take this number, or was another one sealed under it already?"""
        table = self._state.subscription_table
        depth = table.depth[row]
        if table.next[row] - extended > depth:
            return False
        entry = table.history[row] + (extended & depth - 1)
        return self._state.history.stamp[entry] >> 32 != extended & 0xFFFF


def write_ids(data: memoryview, start: int, ids_at: int, ids: int) -> None:
    """Renumber the VP8 descriptor of the payload that begins at `start`."""
    picture_at, is_wide, tl0_at, key_at = parse_places(ids_at)
    if picture_at:
        vp8.write_picture_id(data, start + picture_at, ids & PICTURES, wide=is_wide)
    if tl0_at:
        data[start + tl0_at] = ids >> TL0 & 0xFF
    if key_at:
        vp8.write_key_index(data, start + key_at, ids >> KEY)


def name_blocks(data: memoryview, at: int, end: int, payload_type: int) -> None:
    """Write the subscriber's payload type of Opus into the heads of RED's blocks (RFC 2198)."""
    while at < end:
        more = data[at] & 0x80
        data[at] = more | payload_type
        if not more:
            return
        at += 4
