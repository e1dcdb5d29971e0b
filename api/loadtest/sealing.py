"""SRTP of many packets where they stand, by libsrtp's own functions.

pylibsrtp's methods copy each packet twice, which takes longer than the encryption. The functions
that they wrap are called from compiled loops here.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from api.loadtest.errors import LoadTestError
from api.loadtest.memory import SLOT, START, Arena, Ints
from api.loadtest.slots import Rows, Slots
from sfu.sealing.direct import Contexts, check_functions, function
from sfu.transport.protection import KEY_LENGTHS, Protection
from turn.compiling import call, compiled, is_compiling

TRIAL_HEAD = bytes([0x80, 96, 0, 1, *bytes(4), 1, 2, 3, 4])

Flags = NDArray[np.bool_]
Lengths = NDArray[np.int32]


class Sealer(Protocol):
    """Links are known by their numbers."""

    def set_keys(self, link: int, protection: Protection) -> None: ...

    def seal(self, arena: Arena) -> None:
        """All rows; the length of one that is refused becomes 0."""

    def unseal(self, rows: Rows, links: Ints, lengths: Lengths) -> Flags:
        """RTP in these slots: which are authentic. `lengths`, of all slots, are those of the plain
        packets then.
        """


def make_sealer(slots: Slots, links: int) -> Sealer:
    """Raises LoadTestError when libsrtp cannot be called as we need."""
    if not is_compiling():
        return PublicSealer(slots, links)
    try:
        check_functions()
    except TypeError as error:
        raise LoadTestError(f"this version of pylibsrtp cannot be called: {error}") from None
    check(DirectSealer)
    return DirectSealer(slots, links)


class DirectSealer:
    """For one block of slots, and links with lower numbers than `links`."""

    def __init__(self, slots: Slots, links: int) -> None:
        self._slots = slots
        self._senders, self._receivers = Contexts(), Contexts()
        for contexts in (self._senders, self._receivers):
            contexts.set(links - 1, None)  # as many as there will be: loops look up any of them
        self._keys: dict[int, Protection] = {}  # they own the contexts
        self._protect = function("srtp_protect")
        self._unprotect = function("srtp_unprotect")

    def set_keys(self, link: int, protection: Protection) -> None:
        self._senders.set(link, protection.sender)
        self._receivers.set(link, protection.receiver)
        self._keys[link] = protection

    def seal(self, arena: Arena) -> None:
        columns = arena.link, arena.start, arena.length
        where = arena.address, arena.length.ctypes.data
        seal(self._protect, self._senders.addresses, *columns, arena.count, *where)

    def unseal(self, rows: Rows, links: Ints, lengths: Lengths) -> Flags:
        is_good: Flags = np.zeros(len(rows), np.bool_)
        where = self._slots.address, lengths.ctypes.data
        unseal(self._unprotect, self._receivers.addresses, rows, links, is_good, *where)
        return is_good


@compiled
def seal(
    protect: int, contexts: Ints, links: Lengths, starts: Lengths, lengths: Lengths, count: int,
    memory: int, lengths_at: int,
) -> None:  # fmt: skip
    for row in range(count):
        packet, length = memory + row * SLOT + starts[row], lengths_at + 4 * row
        if call(protect, (contexts[links[row]], packet, length)):
            lengths[row] = 0


@compiled
def unseal(
    unprotect: int, contexts: Ints, rows: Rows, links: Ints, is_good: Flags, memory: int,
    lengths_at: int,
) -> None:  # fmt: skip
    for place in range(len(rows)):
        packet, length = memory + rows[place] * SLOT + START, lengths_at + 4 * rows[place]
        is_good[place] = call(unprotect, (contexts[links[place]], packet, length)) == 0


class PublicSealer:
    """By `Protection`'s own methods, where no loops are compiled."""

    def __init__(self, slots: Slots, links: int) -> None:
        self._slots = slots
        self._keys: dict[int, Protection] = {}

    def set_keys(self, link: int, protection: Protection) -> None:
        self._keys[link] = protection

    def seal(self, arena: Arena) -> None:
        for row in range(arena.count):
            keys = self._keys.get(int(arena.link[row]))
            sealed = (None if keys is None else keys.protect(arena.packet(row))) or b""
            start, arena.length[row] = int(arena.start[row]), len(sealed)
            arena.rows[row, start : start + len(sealed)] = np.frombuffer(sealed, np.uint8)

    def unseal(self, rows: Rows, links: Ints, lengths: Lengths) -> Flags:
        pairs = zip(rows.tolist(), links.tolist(), strict=True)
        return np.array([self._unseal(row, link, lengths) for row, link in pairs], np.bool_)

    def _unseal(self, row: int, link: int, lengths: Lengths) -> bool:
        keys = self._keys.get(link)
        packet = self._slots.content(row, int(lengths[row]))
        plain = None if keys is None else keys.unprotect(packet)
        if plain is None:
            return False
        self._slots.put(row, plain)
        lengths[row] = len(plain)
        return True


def check(make: Callable[[Slots, int], Sealer]) -> None:
    """Seal and unseal a packet as pylibsrtp does. Raises LoadTestError when that differs."""
    arena, slots, lengths = Arena(1), Slots(1), np.zeros(1, np.int32)
    sealer = make(slots, 1)
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
