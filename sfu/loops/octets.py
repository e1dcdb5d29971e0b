"""Numbers in network order."""

from sfu.tables import Octets
from turn.compiling import compiled, i64


@compiled
def big_16(memory: Octets, at: int) -> int:
    return i64(memory[at]) << 8 | i64(memory[at + 1])


@compiled
def big_32(memory: Octets, at: int) -> int:
    return big_16(memory, at) << 16 | big_16(memory, at + 2)


@compiled
def copy(memory: Octets, at: int, source: Octets, begin: int, size: int) -> None:
    """They are not the same memory."""
    for index in range(size):
        memory[at + index] = source[begin + index]
