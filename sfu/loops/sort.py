"""A batch of datagrams, sorted: media of known streams, the control of calls, everything else."""

import sys

import numpy as np

from sfu.ring import RECEIVE_MAX, SLOT, START
from sfu.rtp import FIXED_SIZE
from sfu.tables import INT, Ints, Octets, Row, Rows, Shorts, Words, row_of
from turn.compiling import compiled, i64

FIRST = START // 4  # words of a row: the packet's first one,
SSRC = FIRST + 2
WORDS = SLOT // 4
APART = 7919  # clients may use the same SSRCs: they are looked for from places so far apart
FREE = -1  # instead of a code: nothing was ever there

# What a datagram is.
SLOW = 0  # STUN, DTLS, of a stranger
MALFORMED = 1
CONTROL = 2  # RTCP
NEW = 3  # RTP of a client with a source that is not known, or without keys
MEDIA = 4
PLAIN = 5  # RTCP that was unsealed
COUNTED = 6  # RTCP of which nothing is left to do
REFUSED = 7  # RTCP that is not authentic

# In a packet's first word, as this machine reads it: the version, and where RTCP's types are told
# apart from RTP's (RFC 5761, section 4: 192 to 223).
VERSION, VERSION_2, RANGE, CONTROL_RANGE = (
    int.from_bytes(octets, sys.byteorder)
    for octets in (b"\xc0\0\0\0", b"\x80\0\0\0", b"\0\xe0\0\0", b"\0\xc0\0\0")
)

SORTED = row_of(position=INT, client=INT, stream=INT, refused=np.int32)


@compiled
def place_of(entries: Rows, code: int) -> int:
    """Where a code of `Sources` stands, or the free entry where it would be."""
    mask = len(entries) - 1
    at = ((code >> 15) + code + (code >> 32) * APART) & mask
    while entries[at].code != code and entries[at].code != FREE:
        at = (at + 1) & mask
    return at


@compiled
def kind_of(first: int, length: int, client: int) -> int:
    """By the packet's first word; NEW and MEDIA are told apart later."""
    if client < 0 or length < 2 or first & VERSION != VERSION_2:
        return SLOW
    if length > RECEIVE_MAX:
        return MALFORMED
    return CONTROL if first & RANGE == CONTROL_RANGE else MEDIA


@compiled
def sort(
    words: Words, lengths: Shorts, count: int, senders: Ints, clients: Rows, sources: Rows,
    turn: int, kinds: Octets, media: Rows,
) -> tuple[int, int, int]:  # fmt: skip
    """Write the kind of each position, and entries for MEDIA.

    `senders`: the client of each datagram, -1 for a stranger. Returns how many entries there are,
    packets of RTP, and their bytes.
    """
    packets, octets = 0, 0
    for position in range(count):
        at = position * WORDS
        client, length = senders[position], i64(lengths[position])
        kind = kind_of(i64(words[at + FIRST]), length, client)
        if kind == MEDIA:
            packets += 1
            octets += length
            sender = clients[client]
            sender.bytes_in += length
            kind = look_up(i64(words[at + SSRC]), length, client, sender, sources, turn)
        kinds[position] = kind
    return (
        choose(words, count, senders, clients, sources, turn, kinds, media),
        packets,
        octets,
    )


@compiled
def look_up(ssrc: int, length: int, client: int, sender: Row, sources: Rows, turn: int) -> int:
    """NEW or MEDIA. Of a client with a new source everything in this batch is NEW."""
    if length < FIXED_SIZE:
        return NEW
    code = client << 32 | ssrc
    if not sender.has_keys or sources[place_of(sources, code)].code != code:
        sender.new_turn = turn
    return MEDIA


@compiled
def choose(
    words: Words, count: int, senders: Ints, clients: Rows, sources: Rows, turn: int,
    kinds: Octets, media: Rows,
) -> int:  # fmt: skip
    """The entries for MEDIA."""
    found = 0
    for position in range(count):
        if kinds[position] != MEDIA:
            continue
        client = senders[position]
        if clients[client].new_turn == turn:
            kinds[position] = NEW
            continue
        ssrc = i64(words[position * WORDS + SSRC])
        entry = media[found]
        entry.position = position
        entry.client = client
        entry.stream = sources[place_of(sources, client << 32 | ssrc)].stream
        found += 1
    return found
