"""Sealing by libsrtp itself, through the functions that pylibsrtp wraps.

`Session.protect` copies each packet twice and makes three objects for it, which takes longer than
the encryption. Here libsrtp works where the packets stand, by pointers that are made once, and the
loop over packets runs inside `any` and `list`. The functions are private to pylibsrtp: `choose` in
`trial.py` compares their results with the public ones first.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

from sfu import client
from sfu.arena import ROWS, Arena
from sfu.ring import BLOCK, SHIFT, SLOT, START, Batch, Ring
from sfu.transport.protection import Protection

FEW = 8  # packets: up to here one after another is faster than arrays (measured)
TAG = 16  # bytes that sealing adds at most
Pointer = Any  # cffi has no types


class Contexts(dict[int, Pointer]):
    """libsrtp's contexts by the row of a client; one that refuses everything for a row without."""

    def __init__(self) -> None:
        self._empty = Session()
        self._refusing = self._empty._srtp[0]

    def __missing__(self, row: int) -> Pointer:
        return self._refusing


class Pointers(dict[int, Pointer]):
    """Pointers into memory that never moves, by the offset in bytes; made when first used."""

    def __init__(self, kind: str, address: int) -> None:
        self._kind = ffi.typeof(kind)
        self._address = address

    def __missing__(self, offset: int) -> Pointer:
        pointer = self[offset] = ffi.cast(self._kind, self._address + offset)
        return pointer


class DirectSealer:
    """A `Sealer`. It serves one ring, and arenas and batches that stay."""

    def __init__(self, ring: Ring) -> None:
        check_functions()
        self.failed = 0
        self._senders, self._receivers = Contexts(), Contexts()
        self._keys: dict[int, Protection] = {}  # they own the contexts
        self._address = ring.address
        self._blocks: dict[int, list[Pointer]] = {}
        self._batches: dict[int, tuple[Batch, Pointers]] = {}  # by number of the socket
        self._arenas: dict[int, tuple[Arena, Pointers, list[Pointer]]] = {}  # by id
        self._rows = SLOT * np.arange(ROWS, dtype=np.int64)

    def set_keys(self, row: int, protection: client.Protection | None) -> None:
        if protection is None:
            self._senders.pop(row, None)
            self._receivers.pop(row, None)
            self._keys.pop(row, None)
            return
        assert isinstance(protection, Protection)
        self._senders[row] = protection.sender._srtp[0]
        self._receivers[row] = protection.receiver._srtp[0]
        self._keys[row] = protection

    def unseal(self, batch: Batch, positions: list[int], clients: list[int]) -> list[int]:
        """No length is over `RECEIVE_MAX`: libsrtp would read beyond the slot."""
        lengths = self._lengths(batch)
        contexts = map(self._receivers.__getitem__, clients)
        return list(
            map(
                lib.srtp_unprotect,
                contexts,
                self._packets(batch.first, positions),
                [lengths[4 * position] for position in positions],
            )
        )

    def seal(self, arena: Arena) -> None:
        _, packets, lengths = self._arenas.get(id(arena)) or self._add(arena)
        if arena.count <= FEW:
            self._seal_few(arena, packets, lengths)
        else:
            self._seal(arena, packets, lengths)

    def _seal_few(self, arena: Arena, packets: Pointers, lengths: list[Pointer]) -> None:
        """The same as `_seal`, one after another."""
        for row in range(arena.count):
            length, start = arena.lengths[row], arena.starts[row]
            if not length:
                continue
            context = self._senders[arena.clients[row]]
            if start + length > SLOT - TAG or lib.srtp_protect(
                context, packets[row * SLOT + start], lengths[row]
            ):
                arena.lengths[row] = 0
                self.failed += 1

    def _seal(self, arena: Arena, packets: Pointers, lengths: list[Pointer]) -> None:
        count = arena.count
        before = arena.length[:count].copy()
        if (arena.start[:count] + before > SLOT - TAG).any():
            self._leave_out_long(arena)
        places = (self._rows[:count] + arena.start[:count]).tolist()
        contexts = map(self._senders.__getitem__, arena.client[:count].tolist())
        calls = map(lib.srtp_protect, contexts, map(packets.__getitem__, places), lengths)
        is_refused = False
        while any(calls):  # it stops behind each that fails, and goes on there
            is_refused = True
        if is_refused:
            after = arena.length[:count]
            after[after == before] = 0
            self.failed += int(np.count_nonzero((after == 0) & (before > 0)))

    def _leave_out_long(self, arena: Arena) -> None:
        """Without room for the tag libsrtp would write into the next row."""
        ends = arena.start[: arena.count] + arena.length[: arena.count]
        arena.length[: arena.count][ends > SLOT - TAG] = 0

    def _packets(self, first: int, positions: list[int]) -> Iterable[Pointer]:
        number, offset = first >> SHIFT, first & BLOCK - 1
        block = self._blocks.get(number) or self._open(number)
        if offset:
            return [block[offset + position] for position in positions]
        return map(block.__getitem__, positions)

    def _open(self, number: int) -> list[Pointer]:
        begin = self._address + number * BLOCK * SLOT + START
        kind = ffi.typeof("void *")
        block = [ffi.cast(kind, begin + slot * SLOT) for slot in range(BLOCK)]
        self._blocks[number] = block
        return block

    def _lengths(self, batch: Batch) -> Pointers:
        known = self._batches.get(batch.socket)
        if known is None or known[0] is not batch:
            known = batch, Pointers("int *", batch.lengths.ctypes.data)
            self._batches[batch.socket] = known
        return known[1]

    def _add(self, arena: Arena) -> tuple[Arena, Pointers, list[Pointer]]:
        kind, begin = ffi.typeof("int *"), arena.length.ctypes.data
        lengths = [ffi.cast(kind, begin + 4 * row) for row in range(ROWS)]
        known = arena, Pointers("void *", arena.address), lengths
        self._arenas[id(arena)] = known
        return known


def check_functions() -> None:
    """TypeError when pylibsrtp's functions take something else than we know."""
    for function in (lib.srtp_protect, lib.srtp_unprotect):
        taken = ffi.typeof(function).args
        context = ffi.typeof(Session()._srtp[0])
        if taken != (context, ffi.typeof("void *"), ffi.typeof("int *")):
            raise TypeError(f"libsrtp takes {taken}")
    if ffi.sizeof("int") != 4:
        raise TypeError("an int has not 4 bytes")
