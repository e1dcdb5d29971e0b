"""From the relay's sockets to its sockets in one call: what a wake usually is.

Python is asked afterwards for what has no lane, and for what the system did not take.
"""

from platform import machine

import numpy as np

from turn.aio.loops import ADDRESS, CONTROL, prepare
from turn.aio.mmsg import (
    DONT_WAIT,
    LENGTH,
    MESSAGE_WORDS,
    NAME_SIZE,
    VECTOR_WORDS,
    WHOLE_LENGTH,
)
from turn.compiling import call, compiled, i64, view
from turn.lanes import ENTRY, KEY, LANE, NAME
from turn.passing import (
    SOCKET,
    STREAM,
    Ints,
    Octets,
    Tables,
    Taken,
    arrange,
    gather,
    take,
    take_stream,
    write_out,
)
from turn.segments import Packets

SLOTS = 256  # datagrams of one round at most
BURST = 64  # of one socket
READY = 64  # sockets
ROUNDS = 8  # in one wake
HEAD = 64  # bytes before a datagram, for a header
LARGEST = 65_535  # of a datagram
# A whole datagram and its padding; starts of slots spread over all sets of the processor's cache.
SLOT = HEAD + LARGEST + 1281

# struct epoll_event: flags (a word of 32 bits), then the socket's file, one word behind where the
# structure is not packed (epoll_ctl(2), sys/epoll.h of glibc and musl).
EVENT_WORDS, EVENT_FILE = (3, 1) if machine() == "x86_64" else (4, 2)
IN, ERROR = 1, 8

# Numbers at the beginning of what `wake` is given: to be set once, or when they change,
(
    EPOLL, WAIT, RECEIVE, SEND, EVENTS, RECEIVE_MESSAGES, RECEIVE_NAMES, OCTETS, SEND_VECTORS,
    ADDRESSES, JOINS, TURN,
    # tables, each with its length,
    ENTRIES, ENTRIES_N, LANES, LANES_N, METERS, METERS_N, SOCKETS, SOCKETS_N, FILES, FILES_N,
    SOURCES, SOURCES_N, NAMES_N,
    # arrays of fixed length,
    ORIGINS, AT, SIZES, OWNERS, CHAIN, TARGETS, KEYS, POINTERS, LENGTHS, PACKET_OWNERS, STARTS,
    SEND_MESSAGES, SEND_CONTROL, WRITTEN, STREAM_OCTETS, UNSENT, FAULTS, RELAYS,
    # and what it tells: datagrams that came, those that have no lane, what was not taken (rows of
    # UNSENT), what is to be written to connections (rows of WRITTEN), sockets with errors, what is
    # for media in this process; and whether there is any of these five.
    CAME, LEFT, UNSENT_N, WRITTEN_N, FAULTS_N, BESIDE_N, TOLD,
    NUMBERS,
) = range(51)  # fmt: skip

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
def taken(at: Ints) -> Taken:
    return Taken(column(at[AT]), column(at[SIZES]), column(at[OWNERS]), column(at[CHAIN]))


@compiled
def wake(at: Ints, now: float, rate: float) -> None:
    """As long as something comes, up to so many times, and nothing is left for Python.

    More has come meanwhile, and what was sent may be for another address of the relay. To look
    once more costs a tenth of another wake.
    """
    for _ in range(ROUNDS):
        pass_on(at, now, rate)
        sum_up(at)
        if at[CAME] == 0 or at[TOLD]:
            break


@compiled
def sum_up(at: Ints) -> None:
    at[TOLD] = at[LEFT] + at[UNSENT_N] + at[WRITTEN_N] + at[FAULTS_N] + at[BESIDE_N]


@compiled
def pass_on(at: Ints, now: float, rate: float) -> None:
    """All that is there, up to so many: received, and sent on where a lane says to whom."""
    at[CAME] = at[LEFT] = at[UNSENT_N] = at[WRITTEN_N] = at[FAULTS_N] = at[BESIDE_N] = 0
    ready = call(at[WAIT], (at[EPOLL], at[EVENTS], READY, 0))
    if ready <= 0:
        return
    known, took = tables(at), taken(at)
    octets = view(at[OCTETS], (SLOTS * SLOT,), np.uint8)
    names = view(at[RECEIVE_NAMES], (SLOTS, NAME), np.uint32)
    messages = view(at[RECEIVE_MESSAGES], (SLOTS, MESSAGE_WORDS), np.uint64)
    events = view(at[EVENTS], (READY, EVENT_WORDS), np.uint32)
    files = view(at[FILES], (at[FILES_N],), np.int64)
    origins, key = column(at[ORIGINS]), view(at[KEYS], (KEY,), np.uint32)
    faults = column(at[FAULTS])
    for event in range(ready):
        file = i64(events[event, EVENT_FILE])
        origin = files[file]
        if i64(events[event, 0]) & ERROR:
            faults[at[FAULTS_N]] = origin
            at[FAULTS_N] += 1
        begin = at[CAME]
        most = min(BURST, SLOTS - begin)
        if most <= 0 or not i64(events[event, 0]) & IN:
            continue
        first = at[RECEIVE_MESSAGES] + 8 * MESSAGE_WORDS * begin
        came = call(at[RECEIVE], (file, first, most, DONT_WAIT | WHOLE_LENGTH, 0))
        if came <= 0:
            continue
        for place in range(begin, begin + came):
            origins[place] = origin
            took.at[place] = SLOT * place + HEAD
            took.sizes[place] = messages[place, LENGTH]
            messages[place, NAME_SIZE] = 4 * NAME
        at[CAME] += came
        at[LEFT] += take(
            known, octets, names, i64(begin), i64(begin + came), i64(origin), rate, now,
            key, took,
        )  # fmt: skip
    if at[CAME] > at[LEFT]:
        leave(at, known, took, octets, at[OCTETS], at[CAME])


@compiled
def pass_stream(
    at: Ints, data: Octets, begin: int, number: int, now: float, rate: float
) -> int:  # fmt: skip
    """What a client has sent by its connection, from `begin` on; returns where it goes on.

    CAME: messages, of which LEFT the core has to be asked for.
    """
    at[UNSENT_N] = at[WRITTEN_N] = at[FAULTS_N] = at[BESIDE_N] = 0
    known, took = tables(at), taken(at)
    where = i64(data.ctypes.data) + begin
    octets = view(where, (len(data) - begin,), np.uint8)  # which may be written to, as others may
    at[CAME], end, at[LEFT] = take_stream(
        known, octets, i64(len(octets)), number, rate, now, view(at[KEYS], (KEY,), np.uint32), took,
        i64(SLOTS),
    )  # fmt: skip
    if at[CAME] > at[LEFT]:
        leave(at, known, took, octets, where, at[CAME])
    sum_up(at)
    return begin + end


@compiled
def leave(at: Ints, known: Tables, took: Taken, octets: Octets, octets_at: int, count: int) -> None:
    """Send what has a lane, by each socket together."""
    targets = column(at[TARGETS])
    at[TURN] += 1
    found, at[BESIDE_N] = gather(known, took, i64(count), at[TURN], targets)
    packets = Packets(
        column(at[POINTERS]), view(at[LENGTHS], (SLOTS,), np.int32), column(at[PACKET_OWNERS])
    )
    begin = written = 0
    for number in range(found):
        target = targets[number]
        if known.sockets[target].kind == STREAM:
            written = write(at, known, took, octets, i64(target), i64(written))
        else:
            end = arrange(known, took, i64(target), octets_at, packets, i64(begin))
            post(at, packets, i64(known.sockets[target].file), i64(begin), i64(end))
            begin = end


@compiled
def write(
    at: Ints, known: Tables, took: Taken, octets: Octets, target: int, begin: int
) -> int:  # fmt: skip
    rows = view(at[WRITTEN], (SLOTS, WRITTEN_FIELDS), np.int64)
    stream = view(at[STREAM_OCTETS], (SLOTS * SLOT,), np.uint8)
    end, count = write_out(known, took, target, octets, stream, begin)
    row = rows[at[WRITTEN_N]]
    row[WRITTEN_SOCKET], row[WRITTEN_BEGIN] = target, begin
    row[WRITTEN_END], row[WRITTEN_COUNT] = end, count
    at[WRITTEN_N] += 1
    return i64(end)


@compiled
def post(at: Ints, packets: Packets, file: int, begin: int, end: int) -> None:
    """By one system call where nothing is in the way.

    A call may fail for what ICMP has said of an earlier packet, once. What fails twice at the same
    message is left to Python.
    """
    starts = column(at[STARTS])
    messages = prepare(
        packets, begin, end, at[JOINS] != 0,
        view(at[ADDRESSES], (at[NAMES_N], ADDRESS), np.uint8), at[ADDRESSES], starts,
        view(at[SEND_MESSAGES], (SLOTS, MESSAGE_WORDS), np.uint64),
        view(at[SEND_VECTORS], (SLOTS, VECTOR_WORDS), np.uint64), at[SEND_VECTORS],
        view(at[SEND_CONTROL], (SLOTS, CONTROL // 8), np.int64),
    )  # fmt: skip
    done, failures = 0, 0
    while done < messages and failures < 2:
        first = at[SEND_MESSAGES] + 8 * MESSAGE_WORDS * done
        sent = call(at[SEND], (file, first, messages - done, DONT_WAIT))
        if sent <= 0:
            failures += 1
        else:
            done += sent
            failures = 0
    if done < messages:
        row = view(at[UNSENT], (SLOTS, UNSENT_FIELDS), np.int64)[at[UNSENT_N]]
        row[UNSENT_FILE], row[UNSENT_BEGIN], row[UNSENT_END] = file, starts[done], end
        at[UNSENT_N] += 1
