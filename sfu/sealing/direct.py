"""Sealing by libsrtp itself, through the functions that pylibsrtp wraps.

`Session.protect` copies each packet twice and makes three objects for it, which takes longer than
the encryption. Here libsrtp works where the packets stand, called from a compiled loop. The
functions are private to pylibsrtp: `choose` in `trial.py` compares their results with the public
ones first.
"""

import numpy as np
from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

from sfu import client
from sfu.arena import Arena
from sfu.loops import seal
from sfu.ring import Batch, Ring
from sfu.tables import Ints, Rows
from sfu.transport.protection import Protection
from turn.compiling import Direct, is_compiling

SMALLEST = 1 << 8  # clients


class Contexts:
    """Addresses of libsrtp's contexts by the row of a client; without keys one that refuses."""

    def __init__(self) -> None:
        self._empty = Session()
        self._refusing = address(self._empty._srtp[0])
        self.addresses: Ints = np.full(SMALLEST, self._refusing)

    def set(self, row: int, session: Session | None) -> None:
        while row >= len(self.addresses):
            more = np.full(len(self.addresses), self._refusing)
            self.addresses = np.concatenate((self.addresses, more))
        self.addresses[row] = self._refusing if session is None else address(session._srtp[0])


class DirectSealer:
    """A `Sealer`, for one ring."""

    def __init__(self, ring: Ring) -> None:
        """TypeError where libsrtp cannot be called so."""
        check_functions()
        self.failed = 0
        self._senders, self._receivers = Contexts(), Contexts()
        self._keys: dict[int, Protection] = {}  # they own the contexts
        self._seal, self._unseal = Direct(seal.seal), Direct(seal.unseal)
        self.sealing = seal.Sealing(
            function("srtp_protect"),
            function("srtp_protect_rtcp"),
            self._senders.addresses,
        )
        self.unsealing = seal.Unsealing(
            function("srtp_unprotect"),
            function("srtp_unprotect_rtcp"),
            self._receivers.addresses,
            ring.address,
        )

    def set_keys(self, row: int, protection: client.Protection | None) -> None:
        assert protection is None or isinstance(protection, Protection)
        self._senders.set(row, None if protection is None else protection.sender)
        self._receivers.set(row, None if protection is None else protection.receiver)
        self.sealing = self.sealing._replace(contexts=self._senders.addresses)
        self.unsealing = self.unsealing._replace(contexts=self._receivers.addresses)
        if protection is None:
            self._keys.pop(row, None)
        else:
            self._keys[row] = protection

    def unseal(self, batch: Batch, media: Rows, count: int) -> int:
        """No length is over `RECEIVE_MAX`: libsrtp would read beyond the row."""
        unprotect, _, contexts, memory = self.unsealing
        refused: int = self._unseal.call(
            unprotect, contexts, media, count, memory, batch.lengths_address
        )
        return refused

    def seal(self, arena: Arena) -> None:
        protect, protect_control, contexts = self.sealing
        failed = self._seal.call(
            protect, protect_control, contexts, arena.columns, arena.count, arena.address,
            arena.length_address, arena.columns.itemsize,
        )  # fmt: skip
        self.failed += int(failed)


def function(name: str) -> int:
    """The address of one of libsrtp's, for loops: see `check_functions`."""
    return address(ffi.addressof(lib, name))


def address(pointer: object) -> int:
    return int(ffi.cast("uintptr_t", pointer))


def check_functions() -> None:
    """TypeError when pylibsrtp's functions take something else than we know."""
    if not is_compiling():
        raise TypeError("there are no compiled loops")
    functions = lib.srtp_protect, lib.srtp_protect_rtcp, lib.srtp_unprotect, lib.srtp_unprotect_rtcp
    for function in functions:
        taken = ffi.typeof(function).args
        context = ffi.typeof(Session()._srtp[0])
        if taken != (context, ffi.typeof("void *"), ffi.typeof("int *")):
            raise TypeError(f"libsrtp takes {taken}")
    if ffi.sizeof("int") != 4:
        raise TypeError("an int has not 4 bytes")
