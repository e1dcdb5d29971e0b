"""Messages for many datagrams at once, as the kernel takes and gives them, in compiled loops."""

import numpy as np
from numpy.typing import NDArray

from turn.aio.mmsg import (
    CLOCK_MONOTONIC,
    CONTROL_SIZE,
    LENGTH,
    NAME,
    NAME_SIZE,
    STAMP,
    VECTOR,
    VECTOR_COUNT,
)
from turn.compiling import call, compiled, view
from turn.segments import Indices, Lengths, Packets, messages

INET = 2  # AF_INET
ADDRESS = 28  # bytes of a socket address in a table of destinations
CONTROL = 24  # bytes: one number of 16 bits with its header
STAMPED = 32  # bytes: a timespec with its header
SECOND = 1_000_000_000  # ns

Words = NDArray[np.uint32]
Longs = NDArray[np.uint64]
Signed = NDArray[np.int64]


@compiled
def monotonic(clock: int, room: int) -> float:
    """Seconds, as Python's clock of that name has them, by clock_gettime and two words of room."""
    call(clock, (CLOCK_MONOTONIC, room))
    told = view(room, (2,), np.int64)
    return float(told[0] + told[1] * 1e-9)


@compiled
def prepare(
    packets: Packets, begin: int, end: int, joins: bool, addresses: NDArray[np.uint8], at: int,
    starts: Indices, headers: Longs, vectors: Longs, vectors_address: int, control: Signed,
) -> int:  # fmt: skip
    """Write the messages for packets `begin` to `end`, and the first packet of each to `starts`.

    `addresses`: the table of destinations, which stands `at`. Returns how many messages there are.
    """
    pointers, lengths, owners = packets
    count = messages(owners, lengths, begin, end, joins, starts)
    for place in range(begin, end):
        vectors[place - begin, 0] = pointers[place]
        vectors[place - begin, 1] = lengths[place]
    for number in range(count):
        first = starts[number]
        after = starts[number + 1] if number + 1 < count else end
        owner = owners[first]
        header = headers[number]
        header[NAME] = at + ADDRESS * owner
        # By the family, one of whose octets is 0.
        is_short = addresses[owner, 0] + addresses[owner, 1] == INET
        header[NAME_SIZE] = 16 if is_short else 28  # sockaddr_in, sockaddr_in6
        header[VECTOR] = vectors_address + 16 * (first - begin)
        header[VECTOR_COUNT] = after - first
        header[CONTROL_SIZE] = CONTROL if after - first > 1 else 0
        control[number, 2] = lengths[first]
    return count


@compiled
def collect(
    headers: Longs, control: Signed, given: Words, first: int, count: int, offset: int, now: int,
    lengths: Lengths, arrivals: NDArray[np.float64], names: Words,
) -> None:  # fmt: skip
    """Lengths, times and senders of what has come, and the headers as they were before the call.

    `given`: addresses as the kernel wrote them; in `names` zeros stand behind each. `offset`: wall
    clock less monotonic, `now`: monotonic, in ns; no time is later than now.
    """
    words = given.shape[1]
    for place in range(count):
        header, stamp = headers[first + place], control[first + place]
        lengths[place] = header[LENGTH]
        taken = now
        if stamp[1] == STAMP:
            taken = min(now, stamp[2] * SECOND + stamp[3] - offset)
        arrivals[place] = taken * 1e-9
        for word in range(names.shape[1]):
            names[place, word] = given[first + place, word] if word < words else 0
        # The kernel has put the sizes that it used here.
        header[NAME_SIZE] = 4 * words
        header[CONTROL_SIZE] = STAMPED
