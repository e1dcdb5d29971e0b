"""Take the regular packets of a batch, and what is known of their streams afterwards.

Number, timestamp and picture ids are read at learnt places and added to what is known. A short gap
is told apart, so that what is missing can be asked for.
"""

from sfu.loops.octets import big_16, big_32
from sfu.loops.voices import SILENT, hear
from sfu.rewrite.ids import KEY, PICTURES, PRESENT, TL0
from sfu.ring import AT, NEXT, SHIFT, SLOT, START
from sfu.sequencer import CYCLE
from sfu.tables import (
    INT,
    NEVER,
    WINDOW,
    Floats,
    Ints,
    Longs,
    Numbers,
    Octets,
    Row,
    Rows,
    Shorts,
    row_of,
)
from turn.compiling import compiled, i64

WRAP = 1 << 32  # of timestamps

TAKEN = row_of(
    slot=INT, stream=INT, number=INT, timestamp=INT, length=INT, body=INT, payload=INT,
    reference=INT, ids=INT, marker=INT, next=INT,
)  # fmt: skip

GAP = row_of(stream=INT, first=INT, end=INT)  # numbers that did not come

COUNTS = 8  # what `take` tells, from 0 on; rows are what the taken packets become
N_TAKEN, N_ALONE, N_ARRIVED, N_STREAMS, N_UNSERVED, N_ROWS, N_ODD, N_GAPS = range(COUNTS)


@compiled
def take(
    memory: Octets, longs: Longs, cursor: Ints, generations: Ints, lengths: Shorts,
    arrivals: Floats, media: Rows, count: int, streams: Rows, seen: Numbers, packets: Rows,
    turn: int, taken: Rows, alone: Ints, arrived: Rows, waiting: int, voices: Rows, gaps: Rows,
    touched: Ints, counts: Ints,
) -> None:  # fmt: skip
    """Take the regular packets: keep and describe them, count them, hang them to their streams.

    Those with a transport-wide number are put into `arrived` behind the first `waiting`;
    `alone` gets the positions of the others, audio first; `touched` the streams that have some;
    `gaps` what is missing between those that were taken.
    """
    counts[:COUNTS] = 0
    for wants_audio in (True, False):
        for index in range(count):
            entry = media[index]
            if entry.refused:
                continue
            is_audio = entry.stream >= 0 and streams[entry.stream].is_audio != 0
            if is_audio != wants_audio:
                continue
            if entry.stream < 0 or streams[streams[entry.stream].group].odd_turn == turn:
                alone[counts[N_ALONE]] = entry.position
                counts[N_ALONE] += 1
                continue
            stream, at = streams[entry.stream], entry.position * SLOT + START
            one = taken[counts[N_TAKEN]]
            one.stream = entry.stream
            one.body = START + i64(stream.body)
            one.length = i64(lengths[entry.position]) - i64(stream.body)
            keep(longs, cursor, entry.position * SLOT + one.body, one)
            one.reference = generations[one.slot >> SHIFT] << 24 | one.slot
            skip(memory, at, stream, entry.stream, gaps, counts)
            describe(memory, at, stream, packets[one.slot], one)
            number(stream, entry.stream, seen)
            measure(stream, one.timestamp, arrivals[entry.position])
            tell(memory, at, stream, one, arrivals[entry.position], arrived, waiting, counts)
            if stream.level_at and stream.is_audio:
                level = i64(memory[at + i64(stream.level_at)]) & SILENT
                hear(voices, stream.voice, level, one.timestamp, arrivals[entry.position])
            hang(stream, entry.stream, turn, counts[N_TAKEN], taken, touched, counts)
            counts[N_TAKEN] += 1


@compiled
def keep(longs: Longs, cursor: Ints, payload: int, one: Row) -> None:
    """Copy the payload that stands here to the next slot, to the same place among words."""
    begin, to = payload >> 3, cursor[AT] >> 3
    words = (payload + one.length + 7 >> 3) - begin
    longs[to : to + words] = longs[begin : begin + words]
    one.slot = cursor[NEXT]
    one.payload = cursor[AT] + (payload & 7)
    cursor[NEXT] += 1
    cursor[AT] += 8 * words


@compiled
def skip(memory: Octets, at: int, stream: Row, row: int, gaps: Rows, counts: Ints) -> None:
    """Move `highest` on to the number of the packet that stands here."""
    step = big_16(memory, at + 2) - stream.highest & 0xFFFF
    if step > 1:
        gap = gaps[counts[N_GAPS]]
        gap.stream = row
        gap.first = stream.highest + 1
        gap.end = stream.highest + step
        counts[N_GAPS] += 1
    stream.highest += step


@compiled
def describe(memory: Octets, at: int, stream: Row, packet: Row, one: Row) -> None:
    """What sending needs, now and later, of the packet that stands here."""
    one.marker = i64(memory[at + 1]) & 0x80
    one.timestamp = big_32(memory, at + 4)
    one.number = stream.highest - stream.removed
    packet.number = one.number
    packet.timestamp = one.timestamp
    packet.marker = one.marker
    packet.payload = one.payload
    packet.size = one.length
    read_ids(memory, at + i64(stream.body), stream, packet, one)


@compiled
def read_ids(memory: Octets, payload: int, stream: Row, packet: Row, one: Row) -> None:
    """VP8's, as the sender counts: `rewrite/ids.py`."""
    picture_at, tl0_at, key_at = i64(stream.picture_at), i64(stream.tl0_at), i64(stream.key_at)
    packet.ids_at = picture_at | i64(stream.is_wide) << 7 | tl0_at << 8 | key_at << 16
    one.ids = 0
    if not packet.ids_at:
        return
    picture, tl0, key = i64(0), i64(0), i64(0)
    if picture_at:
        picture = i64(memory[payload + picture_at]) & 0x7F
        if stream.is_wide:
            picture = picture << 8 | i64(memory[payload + picture_at + 1])
    if tl0_at:
        tl0 = i64(memory[payload + tl0_at])
    if key_at:
        key = i64(memory[payload + key_at]) & 0x1F
    packet.picture = picture
    packet.tl0 = tl0
    packet.key = key
    one.ids = picture & PICTURES | tl0 << TL0 | key << KEY | PRESENT


@compiled
def number(stream: Row, row: int, seen: Numbers) -> None:
    """`highest` has been moved on."""
    seen[row, stream.highest & WINDOW - 1] = stream.highest >> CYCLE & 0xFFFF
    stream.packets += 1


@compiled
def measure(stream: Row, timestamp: int, arrival: float) -> None:
    """Loss and jitter: the same as `reception.receive`."""
    stream.timestamp = timestamp
    stream.received += 1
    if timestamp == stream.sampled:
        return
    transit = arrival * stream.rate - timestamp
    if stream.sampled >= 0:
        difference = abs(transit - stream.transit)
        if difference > WRAP / 2:
            difference = abs((difference + WRAP / 2) % WRAP - WRAP / 2)
        stream.jitter += (difference - stream.jitter) / 16
    stream.sampled = timestamp
    stream.transit = transit


@compiled
def tell(
    memory: Octets, at: int, stream: Row, one: Row, arrival: float, arrived: Rows, waiting: int,
    counts: Ints,
) -> None:  # fmt: skip
    """What feedback is made of."""
    if stream.twcc_at:
        entry = arrived[waiting + counts[N_ARRIVED]]
        entry.client = stream.client
        entry.number = big_16(memory, at + i64(stream.twcc_at))
        entry.time = arrival
        entry.marker = one.marker != 0
        counts[N_ARRIVED] += 1


@compiled
def hang(
    stream: Row, row: int, turn: int, place: int, taken: Rows, touched: Ints, counts: Ints
) -> None:
    """A taken packet behind those of its stream, if somebody gets them."""
    counts[N_ODD] += stream.fan_odd
    if stream.chain_turn != turn:
        if stream.fan_count == 0:
            counts[N_UNSERVED] += stream.fan_odd == 0
            return
        stream.chain_turn = turn
        stream.chain_first = place
        touched[counts[N_STREAMS]] = row
        counts[N_STREAMS] += 1
    else:
        taken[stream.chain_last].next = place
    taken[place].next = NEVER
    stream.chain_last = place
    counts[N_ROWS] += stream.fan_count
