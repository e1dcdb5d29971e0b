"""SRTP of many packets where they stand, by libsrtp's own functions.

pylibsrtp's methods copy each packet twice, which takes longer than the encryption. The functions
that they wrap are called here with pointers that are made once, and the loop over packets runs
inside `any` and `map`.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from api.loadtest.columns import Rows, Slots
from api.loadtest.errors import LoadTestError
from api.loadtest.memory import SLOT, Arena, Ints
from sfu.sealing import functions
from sfu.sealing.functions import Pointer
from sfu.transport.protection import KEY_LENGTHS, Protection

TRIAL_HEAD = bytes([0x80, 96, 0, 1, *bytes(4), 1, 2, 3, 4])


class Sealer(Protocol):
    """Links are known by their numbers."""

    def set_keys(self, link: int, protection: Protection) -> None: ...

    def seal(self, arena: Arena) -> None:
        """All rows; the length of one that is refused becomes 0."""

    def unseal(self, rows: Rows, links: Ints, lengths: NDArray[np.int32]) -> NDArray[np.bool_]:
        """RTP in these slots: which are authentic. `lengths`, of all slots, are those of the plain
        packets then.
        """


class DirectSealer:
    """For one block of slots and one arena. `lengths` has the bytes in each slot."""

    def __init__(
        self, slots: Slots, lengths: NDArray[np.int32], arena: Arena, *, links: int
    ) -> None:
        empty, refusing = functions.refusing()
        self._keys: list[object] = [empty]  # they own the contexts
        self._senders: list[Pointer] = [refusing] * links
        self._receivers: list[Pointer] = [refusing] * links
        self._arena = _Pointers(arena.address)
        self._sizes = _numbers(arena.length)
        self._rows: Ints = SLOT * np.arange(len(arena.rows), dtype=np.int64)
        self._slots = [functions.packet(slots.address + base) for base in slots.bases.tolist()]
        self._lengths = _numbers(lengths)

    def set_keys(self, link: int, protection: Protection) -> None:
        self._senders[link] = functions.context(protection.sender)
        self._receivers[link] = functions.context(protection.receiver)
        self._keys.append(protection)

    def seal(self, arena: Arena) -> None:
        count = arena.count
        places = (self._rows[:count] + arena.start[:count]).tolist()
        contexts = map(self._senders.__getitem__, arena.link[:count].tolist())
        pointers = map(self._arena.__getitem__, places)
        before = arena.length[:count].copy()
        calls = map(functions.protect, contexts, pointers, self._sizes)
        is_refused = False
        while any(calls):  # it stops behind each that fails, and goes on there
            is_refused = True
        if is_refused:
            arena.length[:count][arena.length[:count] == before] = 0

    def unseal(self, rows: Rows, links: Ints, lengths: NDArray[np.int32]) -> NDArray[np.bool_]:
        numbers = rows.tolist()
        contexts = map(self._receivers.__getitem__, links.tolist())
        pointers = map(self._slots.__getitem__, numbers)
        sizes = map(self._lengths.__getitem__, numbers)
        results = list(map(functions.unprotect, contexts, pointers, sizes))
        good: NDArray[np.bool_] = np.array(results, np.int32) == 0
        return good


class _Pointers(dict[int, Pointer]):
    """Into memory that never moves, by the offset; each made when first used."""

    def __init__(self, address: int) -> None:
        self._address = address

    def __missing__(self, offset: int) -> Pointer:
        pointer = self[offset] = functions.packet(self._address + offset)
        return pointer


def _numbers(column: NDArray[np.int32]) -> list[Pointer]:
    return [functions.length(column.ctypes.data + 4 * row) for row in range(len(column))]


def check() -> None:
    """Seal and unseal a packet as pylibsrtp does. Raises LoadTestError when that differs."""
    arena, slots, lengths = Arena(1), Slots(1), np.zeros(1, np.int32)
    sealer = DirectSealer(slots, lengths, arena, links=1)
    packet = TRIAL_HEAD + bytes(range(50))
    for profile, sizes in KEY_LENGTHS.items():
        key = bytes(range(sum(sizes)))
        sealed = Protection(profile, key, key).protect(packet) or b""
        sealer.set_keys(0, Protection(profile, key, key))
        arena.rows[0, : len(packet)] = np.frombuffer(packet, np.uint8)
        arena.count, arena.start[0], arena.length[0] = 1, 0, len(packet)
        sealer.seal(arena)
        slots.put(0, sealed)
        lengths[0] = len(sealed)
        first = np.zeros(1, np.intp)
        is_good = sealer.unseal(first, np.zeros(1, np.int64), lengths)[0]
        plain = slots.content(0, int(lengths[0]))
        if arena.packet(0) != sealed or not is_good or plain != packet:
            raise LoadTestError("this version of pylibsrtp does not encrypt as the load test needs")
