"""Bind the sockets that HTTP and WebSocket come in by, and say clearly what is in the way."""

import errno
import socket
from collections.abc import Iterator, Sequence

from sfu.aio.listening import EngineConfig, bind_udp
from turn.aio.accepting import bind_tcp

LOOPBACK = ("127.0.0.1", "::1")
EVERYWHERE = ("0.0.0.0", "::")


class ListenError(Exception):
    """A port cannot be had; the message is one sentence."""


def listen(
    binds: Sequence[str], port: int, *, optional: bool = False, setting: str = "--port"
) -> list[socket.socket]:
    """Listening sockets, one for each address; port 0 is the same free port for all.

    `optional`: addresses that this machine lacks are left out, as long as one is there.
    `setting`: by which the operator chooses the port. Raises `ListenError`.
    """
    sockets: list[socket.socket] = []
    try:
        for host in resolved(binds):
            if (sock := _listener(host, port, optional, setting)) is not None:
                sockets.append(sock)
                port = sock.getsockname()[1]
    except ListenError:
        for sock in sockets:
            sock.close()
        raise
    if not sockets:
        raise ListenError(f"none of the addresses {', '.join(binds)} is one of this machine")
    return sockets


def resolved(binds: Sequence[str]) -> Iterator[str]:
    """Numeric addresses; LiveKit's files write an empty one for all."""
    for name in binds:
        if name in ("", "*"):
            yield from EVERYWHERE
            continue
        try:
            found = socket.getaddrinfo(name.strip("[]"), None, type=socket.SOCK_STREAM)
        except OSError:
            raise ListenError(f"{name!r} is no address to listen on") from None
        yield from dict.fromkeys(str(entry[4][0]) for entry in found)


def _listener(host: str, port: int, optional: bool, setting: str) -> socket.socket | None:
    try:
        return bind_tcp(host, port)
    except OSError as error:
        absent = error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
        if absent and (optional or host == "::"):
            return None
        raise ListenError(explain(error, host, port, setting)) from None


def explain(error: OSError, host: str, port: int, flag: str) -> str:
    place = f"port {port} on {host}"
    if error.errno == errno.EADDRINUSE:
        return f"{place} is in use: end the program that has it, or choose another with {flag}"
    if error.errno == errno.EACCES:
        return f"{place} may not be opened by this user: choose one above 1023 with {flag}"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine"
    return f"{place} cannot be opened: {error.strerror}"


def explain_media(configs: Sequence[EngineConfig], error: OSError) -> str:
    """Which of the media ports it was: the error itself does not say."""
    tcp_port = configs[0].tcp_port
    wanted = [(config.udp_port, bind_udp, "--udp-port") for config in configs]
    if tcp_port is not None:
        wanted.append((tcp_port, bind_tcp, "--tcp-port"))
    for host in configs[0].addresses:
        for port, bind, flag in wanted:
            try:
                bind(host, port).close()
            except OSError as found:
                return explain(found, host, port, flag)
    return f"the media ports cannot be opened: {error}"
