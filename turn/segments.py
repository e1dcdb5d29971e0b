"""Which packets may leave as segments of one message (UDP_SEGMENT, udp(7)).

Such a message has one destination, and all its segments but the last have the same size; the last
may be shorter. `messages` decides for many packets by arrays, `joins_last` for one after another,
which at times finds a message less: it joins a shorter packet whatever follows.
"""

import numpy as np
from numpy.typing import NDArray

SEGMENTS = 48  # in one message; Linux takes 64
MESSAGE_MAX = 64_000  # bytes of one message: with headers it stays below 65,535
HEADERS = 48  # bytes of IPv6 and UDP; IPv4 has fewer
SEGMENT_MAX = 1500 - HEADERS  # a longer packet goes alone, and is cut by IP where it must be
ALWAYS = MESSAGE_MAX // SEGMENT_MAX - 1  # so many equal ones and a tail fit at any size

Numbers = NDArray[np.int32]
Indices = NDArray[np.intp]


def most(size: int) -> int:
    """Packets of this size (bytes) in one message; one more may follow if it is shorter."""
    return min(SEGMENTS, MESSAGE_MAX // size) - 1 if 0 < size <= SEGMENT_MAX else 1


def joins_last(size: int, count: int, length: int) -> bool:
    """May a packet follow `count` packets of `size` to the same destination?

    It ends the message if it is shorter.
    """
    if length == size:
        return count < most(size)
    return length < size <= SEGMENT_MAX


def messages(owners: NDArray[np.signedinteger], lengths: Numbers) -> Indices:
    """The first packet of each message, for packets in sending order.

    `owners` tells destinations apart, `lengths` are bytes. No packet changes its place.
    """
    count = len(owners)
    if count < 2:
        return np.zeros(count, np.intp)
    is_first = np.empty(count, np.bool_)
    is_first[0] = True
    np.not_equal(lengths[1:], lengths[:-1], out=is_first[1:])
    is_first[1:] |= owners[1:] != owners[:-1]
    starts = is_first.nonzero()[0]
    runs = differences(starts, count)
    sizes = lengths[starts]
    if runs.max() > ALWAYS or sizes.max() > SEGMENT_MAX or sizes.min() <= 0:
        starts = cut(starts, runs, sizes, count)
        runs, sizes = differences(starts, count), lengths[starts]
    is_tail = (runs[1:] == 1) & (sizes[1:] < sizes[:-1]) & (sizes[:-1] <= SEGMENT_MAX)
    candidates = is_tail.nonzero()[0]
    if not len(candidates):
        return starts
    owner = owners[starts]
    is_tail &= owner[1:] == owner[:-1]
    return starts[~every_other(is_tail)]


def differences(starts: Indices, end: int) -> Indices:
    """How long each run is."""
    runs = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=runs[:-1])
    runs[-1] = end - starts[-1]
    return runs


def cut(starts: Indices, runs: Indices, sizes: Numbers, count: int) -> Indices:
    """The starts with those of runs that one message cannot hold."""
    limits = np.array([most(size) for size in sizes.tolist()])
    position = np.arange(count) - np.repeat(starts, runs)
    result: Indices = (position % np.repeat(limits, runs) == 0).nonzero()[0]
    return result


def every_other(is_tail: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of several tails in a row the first ends a message, the next begins one, and so on.

    The result has one entry more, for the first run, which is no tail.
    """
    order = np.arange(len(is_tail) + 1)
    before = order.copy()
    before[1:][is_tail] = 0
    head = np.maximum.accumulate(before)
    result: NDArray[np.bool_] = (order - head) % 2 == 1
    return result
