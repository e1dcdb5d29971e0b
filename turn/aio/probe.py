"""Try the calls on this machine before anything depends on them."""

import socket
import time

import numpy as np
from numpy.typing import NDArray

from turn.aio.loops import ADDRESS
from turn.aio.mmsg import Calls, Unavailable, load
from turn.aio.receiver import Receiver
from turn.aio.sender import Sender
from turn.aio.timer import Timer
from turn.segments import Packets

SLOT = 64
SIZES = [40, 40, 17]  # bytes of the packets: two segments and a tail
TOLERANCE = 0.01  # seconds between the clocks


def probe() -> tuple[Calls, bool]:
    """The calls, and whether a message may have segments. Raises Unavailable, saying why."""
    calls = load()
    Timer(calls).close()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as near,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far,
    ):
        try:
            near.bind(("127.0.0.1", 0))
            far.bind(("127.0.0.1", 0))
            exchange(near, far, calls, segments=False)
        except OSError as error:
            raise Unavailable(f"recvmmsg and sendmmsg do not work here: {error}") from None
        try:
            return calls, exchange(near, far, calls, segments=True)
        except OSError:
            return calls, False


def exchange(near: socket.socket, far: socket.socket, calls: Calls, *, segments: bool) -> bool:
    """Send to oneself and compare everything. OSError says what was different.

    Returns whether segments were sent.
    """
    rows = np.arange(3 * SLOT, dtype=np.uint8).reshape(3, SLOT)
    slots = np.zeros((4, SLOT), np.uint8)
    receiver = Receiver(far, 4, SLOT, SLOT, calls)
    receiver.point(slots.ctypes.data)
    sender = Sender(3, calls, segments=segments)
    sender.set_destinations(table(far))
    packets = Packets.room(3)
    packets.pointers[:] = rows.ctypes.data + SLOT * np.arange(3)
    packets.lengths[:] = SIZES
    before = time.monotonic()
    sender.send(near.fileno(), packets, 3)
    if sender.unsent or receiver.receive(1, 3) != 3:
        raise OSError("packets sent to oneself did not arrive")
    came, arrivals, names = np.zeros(3, np.int32), np.zeros(3), np.ones((3, 8), np.uint32)
    receiver.collect(1, 3, came, arrivals, names)
    if came.tolist() != SIZES or names.tobytes() != 3 * name(near).ljust(32, b"\0"):
        raise OSError("lengths or addresses are wrong")
    if any((slots[i + 1, :n] != rows[i, :n]).any() for i, n in enumerate(SIZES)):
        raise OSError("bytes are wrong")
    if not before - TOLERANCE < arrivals.min() <= arrivals.max() <= time.monotonic():
        raise OSError("arrival times are wrong")
    return sender.segments


def table(sock: socket.socket) -> NDArray[np.uint8]:
    """Its address in a table of destinations."""
    addresses = np.zeros((2, ADDRESS), np.uint8)
    address = name(sock)
    addresses[0, : len(address)] = list(address)
    return addresses


def name(sock: socket.socket) -> bytes:
    """An IPv4 address as the kernel has it (struct sockaddr_in)."""
    host, port = sock.getsockname()
    family = np.array([socket.AF_INET], np.uint16).tobytes()
    result: bytes = family + port.to_bytes(2, "big") + socket.inet_aton(host) + bytes(8)
    return result
