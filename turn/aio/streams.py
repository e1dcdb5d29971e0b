"""What clients send by connections: read here, or by Python where TLS ends."""

import numpy as np

from turn.aio.mmsg import DONT_WAIT
from turn.aio.numbers import (
    CAME,
    KEYS,
    LEFT,
    OCTETS,
    ORIGINS,
    READ,
    SLOT,
    SLOTS,
    clear,
    column,
    note,
    sum_up,
    tables,
    taken,
)
from turn.aio.sending import leave
from turn.compiling import call, compiled, i64, view
from turn.lanes import KEY
from turn.passing import Ints, Octets, Tables, Taken
from turn.streaming import is_for_others, take_stream

PIECE = 16_384  # bytes of one connection at once; others wait meanwhile


@compiled
def receive_stream(
    at: Ints, known: Tables, took: Taken, octets: Octets, origin: int, rate: float, now: float
) -> None:
    """One read of a connection, into a slot that no datagram needs now: its packets use none.

    Of what is no ChannelData, or too many messages, Python is told, and when the connection ends.
    """
    socket, begin = known.sockets[origin], i64(at[CAME])
    first, kept = SLOT * begin, i64(socket.kept)
    rest = view(i64(socket.rest), (SLOT,), np.uint8)
    octets[first : first + kept] = rest[:kept]
    room = min(PIECE, SLOT - kept)
    came = i64(call(at[READ], (i64(socket.file), at[OCTETS] + first + kept, room, DONT_WAIT)))
    if came <= 0:
        note(at, origin)
        return
    end = first + kept + came
    count, behind, left = take_stream(
        known, octets, i64(first), i64(end), i64(socket.number), rate, now,
        view(at[KEYS], (KEY,), np.uint32), took, begin, i64(SLOTS),
    )  # fmt: skip
    origins = column(at[ORIGINS])
    for place in range(begin, count):
        origins[place] = origin
    at[CAME] = count
    at[LEFT] += left
    socket.kept = end - behind
    rest[: end - behind] = octets[behind:end]
    if count == SLOTS or is_for_others(octets, i64(behind), i64(end)):
        note(at, origin)


@compiled
def pass_stream(
    at: Ints, data: Octets, begin: int, number: int, now: float, rate: float
) -> int:  # fmt: skip
    """What Python has read of this connection, from `begin` on; returns where it goes on.

    CAME: messages, of which LEFT the core has to be asked for.
    """
    clear(at)
    known, took = tables(at), taken(at)
    where = i64(data.ctypes.data) + begin
    octets = view(where, (len(data) - begin,), np.uint8)  # which may be written to, as others may
    at[CAME], end, at[LEFT] = take_stream(
        known, octets, i64(0), i64(len(octets)), number, rate, now,
        view(at[KEYS], (KEY,), np.uint32), took, i64(0), i64(SLOTS),
    )  # fmt: skip
    if at[CAME] > at[LEFT]:
        leave(at, known, took, octets, where, at[CAME])
    sum_up(at)
    return begin + end
