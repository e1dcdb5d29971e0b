"""Connections as the loops read and write them: a row, and room for half a message of each."""

import mmap
import select
import socket

import numpy as np
from numpy.typing import NDArray

from turn.aio.numbers import PRIVATE, SLOT
from turn.aio.places import Places
from turn.passing import STREAM


class Lines:
    """Those that this relay has taken; the epoll is the one that its loops wait for."""

    def __init__(self, epoll: select.epoll, places: Places) -> None:
        self._epoll = epoll
        self._places = places
        self._files: dict[int, int] = {}
        self._rests: dict[int, NDArray[np.uint8]] = {}

    def open(self, number: int, sock: socket.socket) -> None:
        """From now on what comes is passed on. `number` as the core knows it."""
        # Only what is written to takes memory.
        rest = np.frombuffer(mmap.mmap(-1, SLOT, flags=PRIVATE), np.uint8)
        self._rests[number], self._files[number] = rest, sock.fileno()
        self._places.add(number, STREAM, sock.fileno())
        self._row(number)["rest"] = rest.ctypes.data
        self._epoll.register(sock.fileno(), select.EPOLLIN)

    def close(self, number: int) -> None:
        """Before its socket is closed, and while it has its place."""
        file = self._files.pop(number, None)
        if file is not None:
            self._epoll.unregister(file)
            del self._rests[number]

    def take_rest(self, number: int) -> bytes:
        row = self._row(number)
        data = self._rests[number][: row["kept"]].tobytes()
        row["kept"] = 0
        return data

    def keep(self, number: int, data: bytes) -> None:
        self._rests[number][: len(data)] = np.frombuffer(data, np.uint8)
        self._row(number)["kept"] = len(data)

    def wait(self, number: int, *, on: bool) -> None:
        """The loops leave what is for it to Python meanwhile, for the sake of the order."""
        self._row(number)["waits"] = on
        events = select.EPOLLIN | (select.EPOLLOUT if on else 0)
        self._epoll.modify(self._files[number], events)

    def _row(self, number: int) -> np.void:
        found: np.void = self._places.rows[self._places.of[number]]
        return found
