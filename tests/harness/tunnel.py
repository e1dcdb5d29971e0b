"""A cable through this process, so that it can be as bad as a real network."""

import fcntl
import os
import selectors
import socket
import struct
import threading
import time
from random import Random

from tests.harness.netns import Cable, Namespace
from tests.sim.impair import Conditions, Link

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000  # whole IP packets without a header before them
PACKET = 2048  # bytes, above the MTU


class Tunnel(Cable):
    """Both ends are TUN devices; each direction is a `Link` whose conditions can be changed."""

    def __init__(self, seed: int = 1) -> None:
        chance = Random(seed)
        self.links = Link(Conditions(), chance), Link(Conditions(), chance)
        self.carries_udp = True
        self._lock = threading.Lock()
        self._ended, self._end = os.pipe()
        super().__init__()
        self._thread = threading.Thread(target=self._carry, name="tunnel")
        self._thread.start()

    def impair(self, conditions: Conditions) -> None:
        """Both ways, from now on."""
        with self._lock:
            for link in self.links:
                link.conditions = conditions

    def close(self) -> None:
        os.write(self._end, b"x")
        self._thread.join()
        for descriptor in (self._ended, self._end, *self._devices):
            os.close(descriptor)
        super().close()

    def _join(self) -> None:
        self._devices = [_device(end) for end in (self.near, self.far)]

    def _carry(self) -> None:
        with selectors.DefaultSelector() as selector:
            for descriptor in (self._ended, *self._devices):
                selector.register(descriptor, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in selector.select(self._patience())}
                if self._ended in ready:
                    return
                with self._lock:
                    self._pass(ready)

    def _pass(self, ready: set[int]) -> None:
        now = time.monotonic()
        for source, target, link in zip(
            self._devices, reversed(self._devices), self.links, strict=True
        ):
            if source in ready:
                packet = os.read(source, PACKET)
                if self.carries_udp or not is_udp(packet):
                    link.send(packet, now)
            for packet in link.take(now):
                os.write(target, packet)

    def _patience(self) -> float | None:
        """Seconds until a packet arrives at one of the ends."""
        times = [when for link in self.links if (when := link.next_timeout()) is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None


def is_udp(packet: bytes) -> bool:
    """Of an IPv4 packet (RFC 791, section 3.1)."""
    return packet[0] >> 4 == 4 and packet[9] == socket.IPPROTO_UDP


def _device(end: Namespace) -> int:
    """A TUN device called eth0 inside a namespace, as a file descriptor out here."""
    with end.entered():
        descriptor = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", b"eth0", IFF_TUN | IFF_NO_PI))
    return descriptor
