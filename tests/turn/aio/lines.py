"""Two UDP sockets, memory to send from and to receive into."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from turn.aio import mmsg
from turn.aio.receiver import Receiver
from turn.aio.sender import Sender
from turn.segments import Packets

SLOT = 1536
SLOTS = 256
ROOM = 1500  # bytes of a slot that are written
HOSTS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


def udp(family: socket.AddressFamily) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    sock.bind((HOSTS[family], 0))
    sock.setblocking(False)
    return sock


def name_of(sock: socket.socket) -> bytes:
    """Its address as the kernel has it."""
    host: str = sock.getsockname()[0]
    port: int = sock.getsockname()[1]
    head = int(sock.family).to_bytes(2, "little") + port.to_bytes(2, "big")
    if sock.family == socket.AF_INET:
        return head + socket.inet_pton(socket.AF_INET, host) + bytes(8)
    return head + bytes(4) + socket.inet_pton(socket.AF_INET6, host) + bytes(4)


class Line:
    """What `send` is given arrives at the other end's slots."""

    def __init__(self, near: socket.socket, far: list[socket.socket], calls: mmsg.Calls) -> None:
        self.near, self.far = near, far
        self.rows: NDArray[np.uint8] = np.zeros((1024, SLOT), np.uint8)
        self.slots: NDArray[np.uint8] = np.zeros((SLOTS, SLOT), np.uint8)
        self.receivers = [Receiver(sock, SLOTS, SLOT, ROOM, calls) for sock in far]
        for receiver in self.receivers:
            receiver.point(self.slots.ctypes.data)
        self.sender = Sender(1024, calls)
        self.addresses = np.zeros((len(far), 28), np.uint8)
        for row, sock in enumerate(far):
            name = name_of(sock)
            self.addresses[row, : len(name)] = list(name)
        self.sender.set_destinations(self.addresses)

    def send(self, packets: list[tuple[int, bytes]]) -> None:
        """Each a destination and what it shall get."""
        for row, (_, data) in enumerate(packets):
            self.rows[row, : len(data)] = list(data)
        lengths = np.array([len(data) for _, data in packets], np.int32)
        owners = np.array([to for to, _ in packets], np.int64)
        at = self.rows.ctypes.data + SLOT * np.arange(len(packets), dtype=np.int64)
        self.sender.send(self.near.fileno(), Packets(at, lengths, owners), len(packets))

    def sender_of(self, place: int) -> bytes:
        """The address of one that was received, with zeros behind it."""
        address: bytes = self.names[place].tobytes()
        return address

    def received(self, end: int = 0, first: int = 0) -> list[bytes]:
        count = self.receivers[end].receive(first, SLOTS - first)
        if count < 0:
            return []
        self.lengths = np.zeros(SLOTS, np.int32)
        self.arrivals = np.zeros(SLOTS)
        self.names = np.full((SLOTS, 8), 0xFFFFFFFF, np.uint32)
        self.receivers[end].collect(first, count, self.lengths, self.arrivals, self.names)
        return [bytes(self.slots[first + i, : self.lengths[i]]) for i in range(count)]


@contextmanager
def line(
    family: socket.AddressFamily, calls: mmsg.Calls | None = None, ends: int = 1
) -> Iterator[Line]:
    near, far = udp(family), [udp(family) for _ in range(ends)]
    try:
        yield Line(near, far, calls or mmsg.load())
    finally:
        for sock in (near, *far):
            sock.close()


def batch(sizes: list[int], to: int = 0) -> list[tuple[int, bytes]]:
    """Packets of these sizes, each filled with its number."""
    return [(to, bytes([1 + i % 255]) * size) for i, size in enumerate(sizes)]
