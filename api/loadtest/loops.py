"""What is done for every packet that comes: taken from its socket, known, counted, chosen.

Loops as the server's own are (`turn/compiling.py`): a group of sockets has a few hundred packets,
for which column by column takes a hundred calls whatever their number.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from api.loadtest.memory import ROOM, SLOT, START, Ints
from sfu.loops.octets import big_16, big_32
from turn.aio.loops import Longs, Signed
from turn.aio.mmsg import CONTROL_SIZE, DONT_WAIT, LENGTH, MESSAGE_WORDS, WHOLE_LENGTH
from turn.compiling import call, compiled, i64

SOCKETS = 32  # that are read together
EACH = 32  # datagrams of one, so that a busy one does not starve the rest
ARRIVAL = 32  # bytes of control data: a timespec with its header
SECOND = 1_000_000_000  # ns
HEADER = 8 * MESSAGE_WORDS  # bytes of a message's header

PADDING = 0x20  # in the first byte (RFC 3550, section 5.1)
UNKNOWN = -1
TICK = 250_000  # ns, of transport-wide feedback
DEPTH = 4096  # numbers between two reports

# What `follow` tells.
STRANGE, PADDED, ODD, CHOSEN = range(4)
TOLD = 4

Octets = NDArray[np.uint8]
Flags = NDArray[np.bool_]


class Taken(NamedTuple):
    """A row for each datagram."""

    rows: Ints  # its slot
    links: Ints
    arrivals: Ints  # ns of the wall clock


class Known(NamedTuple):
    """The streams that were promised. `keys`: link and SSRC, ascending, of the streams `rows`."""

    keys: Ints
    rows: Ints
    repairs: Ints
    number_id: Ints
    shape: Ints  # profile and length of the header's extension, for which holds
    offset: Ints  # where its transport-wide number stands; 0: it has none


class Counts(NamedTuple):
    """Columns of streams: numbers without the wrap, frames, the time of the last packet."""

    highest: Ints
    first: Ints
    received: Ints
    time: Ints
    frames: Ints
    is_odd: Flags  # a number of this batch was not the next one
    may_lack: Flags  # frames, in this batch
    is_verified: Flags  # a packet of it was decrypted


class Noted(NamedTuple):
    """Columns of connections; `ticks` has `DEPTH` for each."""

    ticks: Ints
    highest: Ints
    next: Ints


class Found(NamedTuple):
    """Room for a batch: the stream of each packet and where its number stands, then lists."""

    stream: Ints
    offset: Ints
    odd: Ints  # streams whose numbers are not in order,
    odd_numbers: Ints  # from there on
    padded: Ints  # streams
    chosen: Ints  # packets to look into,
    frames: Ints  # their frames, counted from the stream's first
    repaired: Ints  # streams,
    repaired_numbers: Ints  # of 16 bits

    @classmethod
    def room(cls, rows: int) -> "Found":
        return cls(*(np.zeros(rows, np.int64) for _ in cls._fields))


@compiled
def ask(receive: int, files: Ints, messages: int, results: Ints) -> None:
    """By recvmmsg, whose address is given, what each socket has."""
    for turn in range(len(files)):
        at = messages + turn * EACH * HEADER
        flags = DONT_WAIT | WHOLE_LENGTH
        results[turn] = call(receive, (files[turn], at, EACH, flags, 0))


@compiled
def collect(
    results: Ints, places: Ints, headers: Longs, control: Signed, lengths: NDArray[np.int32],
    taken: Taken,
) -> int:  # fmt: skip
    """Where datagrams stand, and when they came. `places`: the links of the sockets."""
    total = 0
    for turn in range(len(results)):
        for row in range(turn * EACH, turn * EACH + max(results[turn], 0)):
            header, stamp = headers[row], control[row]
            lengths[row] = min(i64(header[LENGTH]), ROOM)
            header[CONTROL_SIZE] = ARRIVAL  # the kernel has put the size that it used here
            taken.rows[total], taken.links[total] = row, places[turn]
            taken.arrivals[total] = stamp[2] * SECOND + stamp[3]
            total += 1
    return total


@compiled
def split(octets: Octets, taken: Taken, count: int, others: Taken) -> int:
    """RTP to the front, the rest to `others` (RFC 7983, RFC 5761). Returns how much is RTP."""
    media = other = 0
    for place in range(count):
        at = taken.rows[place] * SLOT + START
        second = octets[at + 1]
        if octets[at] >> 6 == 2 and not 192 <= second <= 223:
            into, to = taken, media
            media += 1
        else:
            into, to = others, other
            other += 1
        into.rows[to], into.links[to] = taken.rows[place], taken.links[place]
        into.arrivals[to] = taken.arrivals[place]
    return media


@compiled
def put(octets: Octets, at: int, number: int, size: int) -> None:
    """The lowest bytes of a number, the highest of them first."""
    for place in range(size):
        octets[at + place] = number >> 8 * (size - 1 - place) & 0xFF


@compiled
def stream_of(known: Known, key: int) -> int:
    """Or UNKNOWN."""
    low, high = 0, len(known.keys)
    while low < high:
        middle = (low + high) // 2
        if known.keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    if low < len(known.keys) and known.keys[low] == key:
        return i64(known.rows[low])
    return UNKNOWN


@compiled
def know(octets: Octets, taken: Taken, count: int, known: Known, found: Found) -> int:
    """The stream of each packet. Returns how many have a header of another shape than before;
    they are told as `chosen`.
    """
    changed, last, stream = 0, -1, UNKNOWN
    for place in range(count):
        at = taken.rows[place] * SLOT + START
        key = taken.links[place] << 32 | big_32(octets, at + 8)
        if key != last:
            last, stream = key, stream_of(known, key)
        found.stream[place] = stream
        if stream == UNKNOWN:
            continue
        found.offset[place] = known.offset[stream]
        if known.number_id[stream] > 0 and known.shape[stream] != big_32(octets, at + 12):
            found.chosen[changed] = place
            changed += 1
    return changed


@compiled
def follow(
    octets: Octets, taken: Taken, count: int, known: Known, found: Found, counts: Counts,
    noted: Noted, sample: int, told: Ints,
) -> None:  # fmt: skip
    """Count numbers and frames, and choose one packet in `sample`, RTX always."""
    told[:] = 0
    for place in range(count):
        stream = found.stream[place]
        if stream == UNKNOWN:
            told[STRANGE] += 1
            continue
        at = taken.rows[place] * SLOT + START
        element = at + found.offset[place]
        # It begins with its identity and its length less one.
        if element > at and i64(octets[element]) == (known.number_id[stream] << 4 | 1):
            number = big_16(octets, element + 1)
            note(noted, taken.links[place], number, taken.arrivals[place])
        head = big_32(octets, at)
        sequence = head & 0xFFFF
        if count_packet(counts, stream, sequence, big_32(octets, at + 4)):
            found.odd[told[ODD]] = stream
            found.odd_numbers[told[ODD]] = extended(counts.highest[stream], sequence)
            told[ODD] += 1
        if octets[at] & PADDING:  # probing: it has times, but no pictures
            counts.may_lack[stream] = True
            found.padded[told[PADDED]] = stream
            told[PADDED] += 1
        is_repair = known.repairs[stream] >= 0
        if sequence % sample == 0 or not counts.is_verified[stream] or is_repair:
            found.chosen[told[CHOSEN]] = place
            found.frames[told[CHOSEN]] = counts.frames[stream]
            told[CHOSEN] += 1


@compiled
def extended(highest: int, number: int) -> int:
    """The number of 16 bits without the wrap, next to one that is known."""
    return highest + ((number - highest + 0x8000) & 0xFFFF) - 0x8000


@compiled
def count_packet(counts: Counts, stream: int, sequence: int, time: int) -> bool:
    """Is it not the next one of its stream, or was one before it in this batch not?"""
    if counts.highest[stream] < 0:
        counts.highest[stream] = sequence + 0xFFFF  # the wrap leaves it positive
        counts.first[stream] = sequence + 0x10000
        counts.time[stream] = time
    counts.received[stream] += 1
    if counts.time[stream] != time:
        counts.time[stream] = time
        counts.frames[stream] += 1
    following = counts.highest[stream] + 1
    if not counts.is_odd[stream] and sequence == following & 0xFFFF:
        counts.highest[stream] = following
        return False
    counts.is_odd[stream] = counts.may_lack[stream] = True
    return True


@compiled
def note(noted: Noted, link: int, number: int, time: int) -> None:
    """A packet with this transport-wide number came at that time, in ns."""
    if noted.highest[link] < 0:
        noted.next[link] = number + 0x10000
        noted.highest[link] = number + 0xFFFF
    whole = extended(noted.highest[link], number)
    noted.ticks[link * DEPTH + (whole & DEPTH - 1)] = time // TICK
    noted.highest[link] = max(noted.highest[link], whole)
