"""The memory that the relay's loops are given: what stands at which number of it.

All of it is found by one array of numbers, most of them addresses: an array that is given to a
compiled function costs time with each call (`turn/compiling.py`: view).
"""

import mmap
from platform import machine

import numpy as np

from turn.compiling import compiled, view
from turn.lanes import ENTRY, LANE
from turn.passing import SOCKET, Ints, Tables, Taken

PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
SLOTS = 256  # datagrams of one round at most
BURST = 64  # of one socket
READY = 64  # sockets
ROUNDS = 8  # in one wake
FEW = 8  # messages of a wake, after which the next one may do with a look at the same socket
NOWHERE = -1  # no such socket
LOOKS = 8  # at it in a row; then all are looked at
HEAD = 64  # bytes before a datagram, for a header
LARGEST = 65_535  # of a datagram
# A whole datagram and its padding; starts of slots spread over all sets of the processor's cache.
SLOT = HEAD + LARGEST + 1281

# struct epoll_event: flags (a word of 32 bits), then the socket's file, one word behind where the
# structure is not packed (epoll_ctl(2), sys/epoll.h of glibc and musl).
EVENT_WORDS, EVENT_FILE = (3, 1) if machine() == "x86_64" else (4, 2)
IN, OUT, ERROR, HANG_UP = 1, 4, 8, 16

# Numbers at the beginning of what `wake` is given: to be set once, or when they change,
(
    EPOLL, WAIT, RECEIVE, SEND, READ, EVENTS, RECEIVE_MESSAGES, RECEIVE_NAMES, OCTETS, SEND_VECTORS,
    ADDRESSES, JOINS, TURN,
    # tables, each with its length,
    ENTRIES, ENTRIES_N, LANES, LANES_N, METERS, METERS_N, SOCKETS, SOCKETS_N, FILES, FILES_N,
    SOURCES, SOURCES_N, NAMES_N,
    # arrays of fixed length,
    ORIGINS, AT, SIZES, OWNERS, CHAIN, TARGETS, KEYS, POINTERS, LENGTHS, PACKET_OWNERS, STARTS,
    SEND_MESSAGES, SEND_CONTROL, WRITTEN, STREAM_OCTETS, UNSENT, FAULTS, RELAYS,
    # the socket that alone had something, twice; the last that did; looks at the first so far,
    USUAL, LAST_ALONE, LOOKED,
    # media in this process: rows of LANDING for its sockets, and the names of these; clock_gettime,
    # room for what it tells, and the rate at which a user may relay, as the bits of a float,
    LANDINGS, LANDINGS_N, MEDIA_NAMES, CLOCK, CLOCK_SECONDS, CLOCK_NANOSECONDS, RATE,
    # and what it tells: messages that came, those that have no lane, what was not taken (rows of
    # UNSENT), what is to be written to connections (rows of WRITTEN), sockets to look at, what is
    # for media in this process, which socket of it (from 1 on) has got GIVEN_N and has to go on;
    # and whether there is any of these six.
    CAME, LEFT, UNSENT_N, WRITTEN_N, FAULTS_N, BESIDE_N, GIVEN, GIVEN_N, TOLD,
    NUMBERS,
) = range(64)  # fmt: skip

UNSENT_FILE, UNSENT_BEGIN, UNSENT_END, UNSENT_FIELDS = range(4)
WRITTEN_SOCKET, WRITTEN_BEGIN, WRITTEN_END, WRITTEN_COUNT, WRITTEN_FIELDS = range(5)


@compiled
def tables(at: Ints) -> Tables:
    return Tables(
        view(at[ENTRIES], (at[ENTRIES_N],), ENTRY),
        view(at[LANES], (at[LANES_N],), LANE),
        view(at[METERS], (at[METERS_N], 2), np.float64),
        view(at[SOCKETS], (at[SOCKETS_N],), SOCKET),
    )


@compiled
def column(address: int) -> Ints:
    """A number for each slot."""
    found: Ints = view(address, (SLOTS,), np.int64)
    return found


@compiled
def note(at: Ints, place: int) -> None:
    """Python is to look at this socket."""
    column(at[FAULTS])[at[FAULTS_N]] = place  # there is room for two words of each that is ready
    at[FAULTS_N] += 1


@compiled
def taken(at: Ints) -> Taken:
    return Taken(column(at[AT]), column(at[SIZES]), column(at[OWNERS]), column(at[CHAIN]))


@compiled
def sum_up(at: Ints) -> None:
    at[TOLD] = at[LEFT] + at[UNSENT_N] + at[WRITTEN_N] + at[FAULTS_N] + at[BESIDE_N] + at[GIVEN]


@compiled
def clear(at: Ints) -> None:
    """Nothing is to be told yet."""
    at[LEFT] = at[UNSENT_N] = at[WRITTEN_N] = at[FAULTS_N] = at[BESIDE_N] = at[GIVEN] = 0
