"""Datagrams under somebody else's address, and a look at the wire. Needs CAP_NET_RAW.

All on the loopback: whoever can write the source of a packet can be anybody there.
"""

import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass

IP = struct.Struct("!BBHHHBBH4s4s")
EVERYTHING, IPV4 = 3, 0x0800  # ETH_P_ALL: only that shows what is sent
UDP = struct.Struct("!HHHH")
HOST = socket.inet_aton("127.0.0.1")


class Forger:
    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def send(self, data: bytes, source: tuple[bytes, int], port: int) -> None:
        """To a port of 127.0.0.1, as if from there. Without a UDP checksum, as IPv4 may be."""
        length = UDP.size + len(data)
        head = IP.pack(0x45, 0, IP.size + length, 0, 0, 64, socket.IPPROTO_UDP, 0, source[0], HOST)
        datagram = head + UDP.pack(source[1], port, length, 0) + data
        self._socket.sendto(datagram, ("127.0.0.1", 0))

    def close(self) -> None:
        self._socket.close()


@dataclass
class Seen:
    source: tuple[bytes, int]
    target: tuple[bytes, int]
    data: bytes


class Tap:
    """Every UDP datagram on every interface, from now on."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(EVERYTHING))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)

    def watch(self, seconds: float) -> Iterator[Seen]:
        """What comes within so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                packet, place = self._socket.recvfrom(65535)
            except TimeoutError:
                return
            if (seen := _seen(packet, place)) is not None:
                yield seen

    def count(self, port: int) -> int:
        """How many there were since the last look, from that port or to it."""
        self._socket.settimeout(0)
        count = 0
        while True:
            try:
                packet, place = self._socket.recvfrom(65535)
            except BlockingIOError:
                return count
            seen = _seen(packet, place)
            count += seen is not None and port in (seen.source[1], seen.target[1])

    def close(self) -> None:
        self._socket.close()


def _seen(packet: bytes, place: tuple[str, int, int, int, bytes]) -> Seen | None:
    is_sent = place[1] == IPV4 and place[2] == socket.PACKET_OUTGOING
    return parse(packet) if is_sent and packet[9] == socket.IPPROTO_UDP else None


def parse(packet: bytes) -> Seen:
    head = (packet[0] & 15) * 4
    source, target = struct.unpack_from("!HH", packet, head)
    return Seen((packet[12:16], source), (packet[16:20], target), packet[head + UDP.size :])
