"""What is inside of packets: when they were sent, and whether pictures are whole.

VP8's picture ids go on by one with each frame, and another layer begins with a key frame
(RFC 7741).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from api.loadtest import histogram, probe, times
from api.loadtest.loops import PADDING, UNKNOWN, Counts, Flags, Found, Known, Octets, Taken
from api.loadtest.memory import SLOT, START, Ints
from sfu.loops.octets import big_16, big_32
from turn.compiling import compiled, i64

PICTURES = 0x8000  # picture ids wrap here
FRAME_BEGINS = 0x10  # in the first byte of a descriptor (section 4.2)
NO_KEY = 0x01  # in the first byte of a frame (section 4.3)
EXTENSION = 0x10  # bits of the first byte (RFC 3550, section 5.1)
SOURCES = 0x0F

# What `look` tells.
AUTHENTIC, MARKED, BREAKS, SWITCHES, SWITCH_BREAKS, REPAIRED = range(6)
TOLD = 6


class Pictures(NamedTuple):
    """Columns of streams."""

    key_frames: Ints
    offset: Ints  # how far the ids are ahead of the frames
    source: Ints  # who has sent it
    is_video: Flags

    def forget(self, streams: Ints) -> None:
        """Frames may be missing: begin to compare anew."""
        self.offset[streams] = UNKNOWN


class Sample(NamedTuple):
    """`latencies`: where to count them, of a histogram. `is_part`: not every packet is seen."""

    departures: times.Departures
    latencies: Ints
    is_measuring: bool
    is_part: bool


def pictures(is_video: Flags) -> Pictures:
    rows = len(is_video)
    offset, source = np.full(rows, UNKNOWN), np.full(rows, UNKNOWN)
    return Pictures(np.zeros(rows, np.int64), offset, source, is_video)


@compiled
def look(
    octets: Octets, lengths: NDArray[np.int32], taken: Taken, count: int, is_good: Flags,
    known: Known, found: Found, counts: Counts, seen: Pictures, sample: Sample, told: Ints,
) -> None:  # fmt: skip
    """Into the first of those that were chosen, which are plain now where they are good."""
    told[:] = 0
    for index in range(count):
        if not is_good[index]:
            continue
        told[AUTHENTIC] += 1
        place = found.chosen[index]
        row, stream = taken.rows[place], found.stream[place]
        counts.is_verified[stream] = True
        at = row * SLOT + START
        begin, end = payload(octets, at, i64(lengths[row]))
        repairs = known.repairs[stream]
        if repairs >= 0:
            if end - begin > 2:  # the number of the one that it repeats (RFC 4588, section 4)
                found.repaired[told[REPAIRED]] = repairs
                number = big_16(octets, begin)
                found.repaired_numbers[told[REPAIRED]] = number
                told[REPAIRED] += 1
            continue
        if end - begin < probe.SIZE:
            continue
        mark = probe.read(octets, end)
        if not mark.is_marked:
            continue
        told[MARKED] += 1
        sent = times.find(sample.departures, mark.time)
        if sample.is_measuring and sent > 0:
            histogram.add(sample.latencies, (taken.arrivals[place] - sent) * 1e-9)
        if seen.is_video[stream]:
            is_key = begins_key_frame(octets, begin)
            seen.key_frames[stream] += is_key
            follow_source(seen, stream, mark.stream, is_key, sample.is_part, told)
            follow_ids(octets, begin, seen, stream, found.frames[index], counts.may_lack, told)


@compiled
def payload(octets: Octets, at: int, length: int) -> tuple[int, int]:
    """Where it begins and ends, of a packet that begins `at`."""
    first = i64(octets[at])
    begin = at + 12 + 4 * (first & SOURCES)
    if first & EXTENSION:
        begin += 4 + 4 * (big_32(octets, begin) & 0xFFFF)
    end = at + length
    if first & PADDING:
        end -= i64(octets[end - 1])
    return begin, end


@compiled
def begins_key_frame(octets: Octets, begin: int) -> bool:
    frame = begin + 3 + (octets[begin + 2] >> 7)  # 1: a picture id of 15 bits
    return bool(octets[begin] & FRAME_BEGINS) and not octets[frame] & NO_KEY


@compiled
def follow_source(
    seen: Pictures, stream: int, source: int, is_key: bool, is_part: bool, told: Ints
) -> None:
    """Another layer must begin with a key frame, which a sample may have missed."""
    before = seen.source[stream]
    if before == source:
        return
    seen.source[stream] = source
    told[SWITCHES] += before != UNKNOWN
    told[SWITCH_BREAKS] += not is_key and (not is_part or before == UNKNOWN)


@compiled
def follow_ids(
    octets: Octets, begin: int, seen: Pictures, stream: int, frame: int, may_lack: Flags, told: Ints
) -> None:
    """A server may write a small id with 7 bits (livekit-server does), which says what it can."""
    high, before = i64(octets[begin + 2]), seen.offset[stream]
    if high & 0x80:
        ahead = ((high & 0x7F) << 8 | i64(octets[begin + 3])) - frame
    else:
        ahead = before + ((high - frame - before) & 0x7F)
    ahead %= PICTURES
    told[BREAKS] += before not in (UNKNOWN, ahead) and not may_lack[stream]
    seen.offset[stream] = ahead
