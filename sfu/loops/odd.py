"""Which packets of a batch are regular.

What is regular needs no decision: it goes on from what is known of its stream, or leaves a short
gap. Everything else (the first packets, late ones, key frames that somebody waits for, switches,
odd headers) is left to the code for single packets, and with it the rest of its publication in this
batch, so that nothing overtakes.
"""

import numpy as np

from sfu.formats import Format
from sfu.loops.octets import big_16, big_32
from sfu.loops.sort import FIRST as HEAD
from sfu.loops.sort import WORDS
from sfu.ring import SLOT, START
from sfu.tables import NEVER, Ints, Octets, Row, Rows, Shorts, Words
from turn.compiling import compiled, i64

SLICE, FU_A = 1, 28  # H.264 NAL unit types: a part of a picture, a fragment (RFC 6184)
SKIP = 128  # the longest step from one number to the next that is regular


def starts_by(*, second: bool) -> Octets:
    """By format and octet: 1 when a decoder may start there, as far as this octet tells.

    Both octets must say so: the first of the payload and the one `second` octets behind it. With
    VP8 that is the first of the frame tag, with H.264 the head of a fragment; 2 settles it alone.
    """
    table = np.zeros((len(Format), 256), np.uint8)
    octet = np.arange(256)
    kind = octet & 0x1F
    if second:
        table[Format.VP8] = octet & 1 == 0
        table[Format.H264] = kind != SLICE
    else:
        table[Format.VP8] = octet & 0x17 == 0x10
        table[Format.H264] = np.select([kind == SLICE, kind == FU_A], [0, 1], 2)
    return table


STARTS_BY_FIRST, STARTS_BY_SECOND = starts_by(second=False), starts_by(second=True)


@compiled
def agrees(words: Words, position: int, stream: Row) -> bool:
    """With what its stream's packets have in common."""
    at = position * WORDS + HEAD
    for word in range(i64(stream.words)):
        if words[at + word] & stream.mask[word] != stream.want[word]:
            return False
    return True


@compiled
def fits(words: Words, memory: Octets, position: int, length: int, stream: Row) -> bool:
    """Is a packet of a steady stream regular? What is ahead of the stream is noted."""
    at = position * SLOT + START
    timestamp = big_32(memory, at + 4)
    goes_on = timestamp == stream.ahead_timestamp
    stream.ahead_timestamp = timestamp
    step = big_16(memory, at + 2) - stream.ahead & 0xFFFF
    stream.ahead += step
    if step > 1:
        stream.passes_starts = 0  # a key frame makes what is missing before it useless
    if not 0 < step <= SKIP or not agrees(words, position, stream):
        return False
    second, payload = i64(stream.second), at + i64(stream.body)
    if length - i64(stream.body) <= second:
        return False
    if stream.passes_starts:
        return True
    # No decoder may start here: this needs no look at who waits for that.
    starts = i64(STARTS_BY_FIRST[stream.format, memory[payload]])
    starts += i64(STARTS_BY_SECOND[stream.format, memory[payload + second]])
    return starts < 2 and (goes_on or not stream.is_opaque)


@compiled
def find_odd(
    words: Words, memory: Octets, lengths: Shorts, media: Rows, count: int, streams: Rows,
    turn: int, unsure: Ints,
) -> int:  # fmt: skip
    """Note which groups have a packet that is not regular.

    Returns how many streams are not known to be steady, or whose subscriptions are not listed, and
    writes them to `unsure`.
    """
    missing = 0
    for index in range(count):
        row = media[index].stream
        if row < 0 or media[index].refused:
            continue
        stream = streams[row]
        if stream.turn != turn:
            stream.turn = turn
            stream.ahead = stream.highest
            stream.ahead_timestamp = stream.timestamp
            if not stream.is_steady or stream.fan_count == NEVER:
                unsure[missing] = row
                missing += 1
        position = media[index].position
        length = i64(lengths[position])
        if not stream.is_steady or not fits(words, memory, position, length, stream):
            streams[stream.group].odd_turn = turn
    return missing
