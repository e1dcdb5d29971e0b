"""A simulated client's end of a real socket, and how it gets connected."""

import asyncio
import socket
import time
from typing import Protocol

from sfu.commands import AddPeer, AddTransport, Command
from sfu.events import ChannelsOpened, Event
from sfu.media import IceCredentials
from sfu.transport.framing import Deframer, frame
from tests.sim.peer import Peer, describe_to_server

OURS = IceCredentials("server01", "server-password-0123456789")
THEIRS = IceCredentials("clnt", "client-password-0123456789")


class Media(Protocol):
    def handle(self, command: Command) -> None: ...


class Udp:
    """A client's UDP socket."""

    def __init__(self, port: int) -> None:
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.setblocking(False)
        self._sock.connect(("127.0.0.1", port))

    def send(self, data: bytes) -> None:
        self._sock.send(data)

    def receive(self) -> list[bytes]:
        try:
            return [self._sock.recv(2048)]
        except BlockingIOError:
            return []

    def close(self) -> None:
        self._sock.close()


class Tcp:
    """A client's ICE-TCP connection."""

    def __init__(self, port: int) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port))
        self._sock.setblocking(False)
        self._deframer = Deframer()

    def send(self, data: bytes) -> None:
        self._sock.sendall(frame(data))

    def receive(self) -> list[bytes]:
        try:
            return self._deframer.receive(self._sock.recv(2048))
        except BlockingIOError:
            return []

    def wait_for_end(self) -> None:
        """Until the server closes; TimeoutError when it does not within a few seconds."""
        self._sock.settimeout(3)
        while self._sock.recv(2048):
            pass

    def close(self) -> None:
        self._sock.close()


async def connect(peer: Peer, line: Udp | Tcp, events: list[Event]) -> None:
    """Until the data channels are open."""
    async with asyncio.timeout(10):
        while not any(isinstance(event, ChannelsOpened) for event in events):
            now = time.monotonic()
            for data in line.receive():
                peer.receive_datagram(data, now)
            at = peer.next_timeout()
            if at is not None and at <= now:
                peer.handle_timeout(now)
            for data in peer.take_transmits():
                line.send(data)
            await asyncio.sleep(0.001)


def describe(node: Media, peer: Peer) -> None:
    """The server hears of the client."""
    node.handle(AddPeer("RM_1", "PA_test", "alice"))
    node.handle(AddTransport("PA_test/0", "PA_test", OURS))
    node.handle(describe_to_server(peer, OURS))
