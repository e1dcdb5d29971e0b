"""The status of packets in transport-wide feedback: run lengths and bit vectors.

draft-holmer-rmcat-transport-wide-cc-extensions-01, sections 3.1.2 to 3.1.4.
"""

from collections.abc import Sequence

LOST, SMALL, LARGE = 0, 1, 2  # the value is also the number of bytes of the packet's delta
LONGEST_RUN = 0x1FFF
ONE_BIT, TWO_BIT = 14, 7  # symbols that a vector holds
ONE_BIT_VECTOR, TWO_BIT_VECTOR = 0x8000, 0xC000  # the first chunks that are one


def pack_chunks(symbols: Sequence[int]) -> bytes:
    """The chunks for all symbols, a run where it covers at least what a vector would."""
    chunks = bytearray()
    at = 0
    while at < len(symbols):
        run = _run(symbols, at)
        if run >= ONE_BIT or run >= len(symbols) - at:
            taken, chunk = run, symbols[at] << 13 | run
        elif LARGE in symbols[at : at + ONE_BIT]:
            # Seven symbols of two bits; a longer run of them is cheaper as a run.
            taken, chunk = (
                (run, symbols[at] << 13 | run) if run >= TWO_BIT else _vector(symbols, at, 2)
            )
        else:
            taken, chunk = _vector(symbols, at, 1)
        chunks += chunk.to_bytes(2, "big")
        at += taken
    return bytes(chunks)


def _run(symbols: Sequence[int], at: int) -> int:
    """How many equal symbols start at `at`."""
    end = at + 1
    limit = min(len(symbols), at + LONGEST_RUN)
    while end < limit and symbols[end] == symbols[at]:
        end += 1
    return end - at


def _vector(symbols: Sequence[int], at: int, bits: int) -> tuple[int, int]:
    """(symbols taken, chunk). A vector that is not full ends in LOST, which the count cuts off."""
    capacity = ONE_BIT // bits
    part = symbols[at : at + capacity]
    chunk = ONE_BIT_VECTOR if bits == 1 else TWO_BIT_VECTOR
    for index, symbol in enumerate(part):
        chunk |= symbol << 14 - bits * (index + 1)
    return len(part), chunk


def unpack_chunks(body: bytes, at: int, count: int) -> tuple[list[int], int]:
    """`count` symbols from `at` on, and where the deltas start. Fewer when the bytes end.

    The reserved symbol 3 reads as LOST.
    """
    symbols: list[int] = []
    while len(symbols) < count and at + 2 <= len(body):
        chunk = body[at] << 8 | body[at + 1]
        at += 2
        if chunk < ONE_BIT_VECTOR:
            run = min(chunk & LONGEST_RUN, count - len(symbols))
            symbols += [_known(chunk >> 13)] * run
        elif chunk < TWO_BIT_VECTOR:
            symbols += [chunk >> bit & 1 for bit in range(13, -1, -1)]
        else:
            symbols += [_known(chunk >> bit & 3) for bit in range(12, -2, -2)]
    return symbols[:count], at


def _known(symbol: int) -> int:
    return symbol if symbol <= LARGE else LOST
