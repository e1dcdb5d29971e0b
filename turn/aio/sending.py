"""What leaves in one turn: by each socket together, by each connection in one piece."""

import numpy as np

from turn.aio.loops import ADDRESS, CONTROL, prepare
from turn.aio.mmsg import (
    CONTROL_SIZE,
    DONT_WAIT,
    LENGTH,
    MESSAGE_WORDS,
    NAME,
    NAME_SIZE,
    NO_SIGNAL,
    VECTOR,
    VECTOR_COUNT,
    VECTOR_WORDS,
)
from turn.aio.numbers import (
    ADDRESSES,
    BESIDE_N,
    JOINS,
    LENGTHS,
    NAMES_N,
    PACKET_OWNERS,
    POINTERS,
    SEND,
    SEND_CONTROL,
    SEND_MESSAGES,
    SEND_VECTORS,
    SLOT,
    SLOTS,
    STARTS,
    STREAM_OCTETS,
    TARGETS,
    TURN,
    UNSENT,
    UNSENT_BEGIN,
    UNSENT_END,
    UNSENT_FIELDS,
    UNSENT_FILE,
    UNSENT_N,
    WRITTEN,
    WRITTEN_BEGIN,
    WRITTEN_COUNT,
    WRITTEN_END,
    WRITTEN_FIELDS,
    WRITTEN_N,
    WRITTEN_SOCKET,
    column,
)
from turn.compiling import call, compiled, i64, view
from turn.passing import STREAM, Ints, Octets, Tables, Taken, arrange, gather
from turn.segments import Packets
from turn.streaming import write_out


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
            written = write(at, known, took, octets, octets_at, i64(target), i64(written))
        else:
            end = arrange(known, took, i64(target), octets_at, packets, i64(begin))
            post(at, packets, i64(known.sockets[target].file), i64(begin), i64(end))
            begin = end


@compiled
def write(
    at: Ints, known: Tables, took: Taken, octets: Octets, octets_at: int, target: int, begin: int
) -> int:  # fmt: skip
    """For a connection: what it takes at once leaves, and Python is told the rest, as it is told
    all for one that is not ours to write to. Returns where that ends.
    """
    socket = known.sockets[target]
    sent = i64(0)
    if socket.file >= 0 and not socket.waits:
        sent, size = send_stream(at, known, took, octets_at, target)
        if sent == size:
            return begin
        socket.waits = 1
    rows = view(at[WRITTEN], (SLOTS, WRITTEN_FIELDS), np.int64)
    stream = view(at[STREAM_OCTETS], (SLOTS * SLOT,), np.uint8)
    end, count = write_out(known, took, target, octets, stream, begin)
    row = rows[at[WRITTEN_N]]
    row[WRITTEN_SOCKET], row[WRITTEN_BEGIN] = target, begin + sent
    row[WRITTEN_END], row[WRITTEN_COUNT] = end, count
    at[WRITTEN_N] += 1
    return i64(end)


@compiled
def send_stream(
    at: Ints, known: Tables, took: Taken, octets_at: int, target: int
) -> tuple[int, int]:
    """From where it stands. Returns the bytes that were taken, and those that there are."""
    socket = known.sockets[target]
    vectors = view(at[SEND_VECTORS], (SLOTS, VECTOR_WORDS), np.uint64)
    place, count, size = i64(socket.first), 0, i64(0)
    while place >= 0:
        vectors[count, 0], vectors[count, 1] = octets_at + took.at[place], took.sizes[place]
        size += took.sizes[place]
        count += 1
        place = took.chain[place]
    header = view(at[SEND_MESSAGES], (MESSAGE_WORDS,), np.uint64)
    header[NAME], header[NAME_SIZE], header[CONTROL_SIZE] = 0, 0, 0
    header[VECTOR], header[VECTOR_COUNT] = at[SEND_VECTORS], count
    done = call(at[SEND], (i64(socket.file), at[SEND_MESSAGES], 1, DONT_WAIT | NO_SIGNAL))
    return (i64(header[LENGTH]) if done == 1 else i64(0)), size


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
