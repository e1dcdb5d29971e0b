"""How much the system keeps of what comes, and of what leaves, until it is our turn again."""

import logging
import socket
import sys
from functools import cache

BUFFER = 4 << 20  # bytes: 50 ms without us at 100,000 packets/s fit (measured)
# linux/asm-generic/socket.h: beyond the system's limits, for those who may. `socket` lacks names.
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33
OPTIONS = ((socket.SO_RCVBUF, SO_RCVBUFFORCE), (socket.SO_SNDBUF, SO_SNDBUFFORCE))

log = logging.getLogger(__name__)


def enlarge(sock: socket.socket) -> None:
    """As large as `BUFFER`, or as the system permits; a receive buffer that is less is told."""
    is_linux = sys.platform == "linux"  # elsewhere those numbers are other options
    for option, force in OPTIONS:
        if not (is_linux and try_option(sock, force)):
            try_option(sock, option)
    if (size := receive_buffer(sock)) < BUFFER:
        tell_small(size)


def try_option(sock: socket.socket, option: int) -> bool:
    try:
        sock.setsockopt(socket.SOL_SOCKET, option, BUFFER)
    except OSError:  # not permitted, or (outside Linux) too much
        return False
    return True


def receive_buffer(sock: socket.socket) -> int:
    """Bytes. Linux tells twice what was asked for: its own bookkeeping is in it."""
    size = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    return size // 2 if sys.platform == "linux" else size


@cache
def tell_small(size: int) -> None:
    """Once, however many sockets there are."""
    log.warning(
        "the system gives a UDP socket a receive buffer of %d KiB, and under load packets are "
        "lost beyond it (housecall_socket_dropped_total). Allow %d KiB: "
        "sysctl -w net.core.rmem_max=%d",
        size >> 10, BUFFER >> 10, BUFFER,
    )  # fmt: skip
