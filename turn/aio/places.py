"""The relay's sockets and connections, as its loops know them: each has a place."""

import numpy as np
from numpy.typing import NDArray

from turn.addresses import Address, socket_name
from turn.aio.udp import address_of
from turn.beside import PORTS
from turn.lanes import NAME, Words
from turn.passing import RELAY, SOCKET, Ints

PLACES = 64  # at first


class Places:
    """`growths` counts how often an array was replaced by a larger one."""

    def __init__(self) -> None:
        self.growths = 0
        self.of: dict[int, int] = {}  # by the number that the core knows
        self.rows: NDArray[np.void] = np.zeros(PLACES, SOCKET)
        self.files: Ints = np.zeros(PLACES, np.int64)  # place of the socket of each file
        self.sources: Words = np.zeros((PLACES, NAME), np.uint32)  # its own address, by place
        # By family and port one more than the place of the relay's socket there.
        self.relays: NDArray[np.int32] = np.zeros(2 * PORTS, np.int32)
        self._free = list(range(PLACES))

    def add(self, number: int, kind: int, file: int = -1, address: Address | None = None) -> None:
        """`address`: of a socket to peers."""
        place = self.of[number] = self._take()
        self.rows[place] = kind, file, number, 0, 0, 0, 0, 0, 0
        if file >= 0:
            self._note_file(file, place)
        if address is not None:
            # A scope means nothing here: nobody reaches one link by loops.
            name = socket_name((address[0].partition("%")[0], address[1]))
            self.sources[place] = np.frombuffer(name, np.uint32)
            self.relays[port_at(address)] = place + 1

    def remove(self, number: int) -> tuple[int, int]:
        """Returns its kind and its file."""
        place = self.of.pop(number)
        kind, file = int(self.rows[place]["kind"]), int(self.rows[place]["file"])
        self.rows[place] = 0
        self._free.append(place)
        if kind == RELAY:
            self.relays[port_at(address_of(self.sources[place].tobytes()))] = 0
        return kind, file

    def number(self, place: int) -> int:
        return int(self.rows["number"][place])

    def _take(self) -> int:
        if not self._free:
            size = len(self.rows)
            self.rows = np.concatenate([self.rows, np.zeros_like(self.rows)])
            self.sources = np.concatenate([self.sources, np.zeros_like(self.sources)])
            self._free = list(range(size, 2 * size))
            self.growths += 1
        return self._free.pop()

    def _note_file(self, file: int, place: int) -> None:
        if file >= len(self.files):
            more = max(file + 1, 2 * len(self.files)) - len(self.files)
            self.files = np.concatenate([self.files, np.zeros(more, np.int64)])
            self.growths += 1
        self.files[file] = place


def port_at(address: Address) -> int:
    """Where its port stands among those of both families."""
    return (PORTS if ":" in address[0] else 0) + address[1]
