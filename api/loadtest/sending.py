"""What is sent, packet by packet: bursts that are due, and the rows of the arena for them.

Loops as the server's own are (`turn/compiling.py`).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from api.loadtest import probe
from api.loadtest.loops import Flags, Octets, put
from api.loadtest.memory import SLOT, Ints
from turn.compiling import compiled, i64

BODY = 96  # column of the arena where payloads begin; headers end there
BEHIND = 0.5  # seconds; who is later than this does not catch up
HISTORY = 1024  # packets of each stream that can be sent again
PICTURE_BITS = 16

Times = NDArray[np.float64]
Sizes = NDArray[np.int32]


class Packets(NamedTuple):
    """The library: payloads in rows with their sizes and marker bits, then columns of bursts."""

    payloads: NDArray[np.uint8]
    sizes: Sizes
    markers: Octets
    starts: Ints  # its first packet
    counts: Ints
    delays: Times  # seconds to the next one
    begins: Flags  # a frame


class Tracks(NamedTuple):
    """Columns of streams. What is next: the burst and when it is due, number, time, picture id."""

    due: Times
    frame_at: Times
    key_at: Times
    wants_key: Flags
    burst: Ints
    first: Ints  # of its clip
    end: Ints
    link: Ints
    sequence: Ints
    time: Ints
    step: Ints
    picture: Ints
    is_video: Flags
    heads: NDArray[np.uint8]  # rows of BODY bytes, each header at the end
    start: Ints  # of the header in its row
    send_time: Ints  # columns of the values that change
    transport_cc: Ints
    packets: Ints
    octets: Ints

    @classmethod
    def room(cls, streams: int) -> "Tracks":
        columns: dict[str, Any] = {name: np.zeros(streams, np.int64) for name in cls._fields}
        columns |= {
            "due": np.full(streams, np.inf),
            "frame_at": np.zeros(streams),
            "key_at": np.full(streams, -np.inf),
            "wants_key": np.zeros(streams, np.bool_),
            "is_video": np.zeros(streams, np.bool_),
            "heads": np.zeros((streams, BODY), np.uint8),
        }
        return cls(**columns)


class Bursts(NamedTuple):
    """Columns of what is due. `order`: by tick, and by stream within."""

    stream: Ints
    burst: Ints  # in the library
    tick: Ints  # of the window
    sequence: Ints  # of the first packet
    time: Ints
    picture: Ints
    before: Ints  # packets of the stream
    order: Ints

    @classmethod
    def room(cls, rows: int) -> "Bursts":
        return cls(*(np.zeros(rows, np.int64) for _ in cls._fields))


class Span(NamedTuple):
    """Some ticks of equal length, planned together. Monotonic seconds, and ns of the wall clock."""

    start: float
    end: float
    tick: float
    ticks: int
    wall: int
    wall_tick: int


class Sheet(NamedTuple):
    """The arena's rows, and the tick of each."""

    octets: Octets
    link: Sizes
    start: Sizes
    length: Sizes
    tick: Ints


@compiled
def choose(packets: Packets, tracks: Tracks, count: int, span: Span, room: int,
           bursts: Bursts) -> int:  # fmt: skip
    """All bursts until the end of the span for which there is room; the rest is sent by the next.

    Returns how many there are.
    """
    found = 0
    for stream in range(count):
        while tracks.due[stream] < span.end:
            burst = tracks.burst[stream]
            if tracks.wants_key[stream] and packets.begins[burst]:
                burst = tracks.first[stream]
            if packets.counts[burst] > room:
                break
            room -= packets.counts[burst]
            take(packets, tracks, stream, burst, span, bursts, found)
            found += 1
    sort(bursts, found, span.ticks)
    return found


@compiled
def take(packets: Packets, tracks: Tracks, stream: int, burst: int, span: Span, bursts: Bursts,
         at: int) -> None:  # fmt: skip
    """This burst is sent; the stream goes on to the next."""
    due = tracks.due[stream]
    if burst == tracks.first[stream]:
        tracks.key_at[stream], tracks.wants_key[stream] = span.start, False
    if packets.begins[burst]:
        tracks.time[stream] += tracks.step[stream]
        tracks.picture[stream] += 1
        tracks.frame_at[stream] = due
    tick = int((due - span.start) / span.tick)
    bursts.stream[at], bursts.burst[at] = stream, burst
    bursts.tick[at] = min(max(tick, 0), span.ticks - 1)
    bursts.sequence[at], bursts.time[at] = tracks.sequence[stream], tracks.time[stream]
    bursts.picture[at], bursts.before[at] = tracks.picture[stream], tracks.packets[stream]
    following = burst + 1
    tracks.burst[stream] = tracks.first[stream] if following == tracks.end[stream] else following
    due += packets.delays[burst]
    tracks.due[stream] = span.start if due < span.start - BEHIND else due
    tracks.sequence[stream] += packets.counts[burst]
    tracks.packets[stream] += packets.counts[burst]


@compiled
def sort(bursts: Bursts, count: int, ticks: int) -> None:
    """They stand by stream; what one stream sends keeps its order."""
    places = np.zeros(ticks + 1, np.int64)
    for at in range(count):
        places[bursts.tick[at] + 1] += 1
    for tick in range(ticks):
        places[tick + 1] += places[tick]
    for at in range(count):
        tick = bursts.tick[at]
        bursts.order[places[tick]] = at
        places[tick] += 1


@compiled
def write(packets: Packets, tracks: Tracks, bursts: Bursts, count: int, span: Span, numbers: Ints,
          history: Ints, sheet: Sheet) -> int:  # fmt: skip
    """Rows for these bursts. `numbers`: the next transport-wide one of each link.

    Returns how many rows there are.
    """
    row = 0
    for place in range(count):
        at = bursts.order[place]
        stream, burst, tick = bursts.stream[at], bursts.burst[at], bursts.tick[at]
        moment = span.start + tick * span.tick
        send_time = int(moment * (1 << 18)) & 0xFFFFFF  # 18 bits behind the point
        wall = span.wall + tick * span.wall_tick
        for rank in range(packets.counts[burst]):
            packet = packets.starts[burst] + rank
            sequence = bursts.sequence[at] + rank & 0xFFFF
            length = copy(packets, tracks, stream, packet, sheet, row)
            base, begin = row * SLOT, row * SLOT + tracks.start[stream]
            put(sheet.octets, begin + 2, sequence, i64(2))
            put(sheet.octets, begin + 4, bursts.time[at], i64(4))
            picture = bursts.picture[at] & 0x7FFF | 0x8000
            if tracks.is_video[stream]:
                put(sheet.octets, base + BODY + 2, picture, i64(2))
            put(sheet.octets, base + tracks.send_time[stream], send_time, i64(3))
            link = tracks.link[stream]
            put(sheet.octets, base + tracks.transport_cc[stream], numbers[link], i64(2))
            numbers[link] += 1
            end = begin + length
            probe.mark(sheet.octets, end, wall, stream, bursts.before[at] + rank)
            keep(history, stream, sequence, packet, bursts.time[at] & 0xFFFFFFFF, picture)
            tracks.octets[stream] += end - base - BODY
            sheet.link[row], sheet.tick[row] = link, tick
            row += 1
    return row


@compiled
def copy(packets: Packets, tracks: Tracks, stream: int, packet: int, sheet: Sheet,
         row: int) -> int:  # fmt: skip
    """Header and payload. Returns the length of both."""
    base, start, size = row * SLOT, tracks.start[stream], i64(packets.sizes[packet])
    octets = sheet.octets
    octets[base + start : base + BODY] = tracks.heads[stream, start:]
    octets[base + BODY : base + BODY + size] = packets.payloads[packet, :size]
    octets[base + start + 1] |= packets.markers[packet]
    sheet.start[row], sheet.length[row] = start, BODY - start + size
    return i64(BODY - start + size)


@compiled
def keep(history: Ints, stream: int, sequence: int, packet: int, time: int, picture: int) -> None:
    """Which packet of the library a number was: two words."""
    place = 2 * (stream * HISTORY + (sequence & HISTORY - 1))
    history[place] = packet << 16 | sequence
    history[place + 1] = time << PICTURE_BITS | picture
