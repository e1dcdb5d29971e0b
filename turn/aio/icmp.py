"""What ICMP says of packets that a UDP socket has sent (Linux, ip(7): IP_RECVERR)."""

import socket
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

from turn.addresses import Address

AVAILABLE = sys.platform == "linux"
# By family of the socket: protocol level and number of the option.
OPTIONS = {
    socket.AF_INET: (socket.IPPROTO_IP, 11),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 25),
}
ERROR_QUEUE = 0x2000  # MSG_ERRQUEUE
EXTENDED = struct.Struct("=IBBBxII")  # errno, origin, type, code, info (of which the MTU), data
FROM_ICMP = 2, 3  # origins; the others are our own system
MOST = 16  # read at a time


class Report(NamedTuple):
    peer: Address  # that the packet was for
    kind: int
    code: int
    info: int


def ask(sock: socket.socket) -> None:
    """Keep the reports from now on; then receiving and sending fail once for each."""
    if AVAILABLE:
        level, option = OPTIONS[sock.family]
        sock.setsockopt(level, option, 1)


def read(sock: socket.socket) -> Iterator[Report]:
    """Those that have come."""
    for _ in range(MOST if AVAILABLE else 0):
        try:
            _, ancillary, _, peer = sock.recvmsg(1, 512, ERROR_QUEUE)
        except OSError:
            return
        for level, kind, data in ancillary:
            if (level, kind) == OPTIONS[sock.family] and len(data) >= EXTENDED.size:
                _, origin, icmp_kind, code, info, _ = EXTENDED.unpack_from(data)
                if origin in FROM_ICMP:
                    yield Report(peer[:2], icmp_kind, code, info)
