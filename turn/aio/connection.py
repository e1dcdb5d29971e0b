"""A client's TCP connection that the loops read and write; what they leave is done here."""

import socket
from typing import Protocol

from turn.addresses import Address
from turn.aio.strangers import Trial
from turn.aio.tcp import BACKLOG, Host, read
from turn.stream import Splitter


class Lines(Protocol):
    """What the loops know of connections (`turn/aio/lines.py`)."""

    def open(self, number: int, sock: socket.socket) -> None: ...
    def take_rest(self, number: int) -> bytes:
        """What came and is not passed on."""

    def keep(self, number: int, data: bytes) -> None:
        """The beginning of a message, of which more has to come."""

    def wait(self, number: int, *, on: bool) -> None:
        """Whether messages wait here for the client to take some."""


class Connection:
    """It ends with the first bytes that make no sense."""

    def __init__(self, host: Host, lines: Lines, sock: socket.socket, client: Address) -> None:
        """Admitted as a stranger. The socket does not block, and is its own."""
        self.unsent = 0
        self.client = client
        self._host = host
        self._lines = lines
        self._sock = sock
        self._splitter = Splitter()
        self._waiting = bytearray()
        self._is_open = True
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._number = number = host.open_stream(self)
        lines.open(number, sock)
        self.trial = Trial(host.strangers, client[0], lambda: host.is_in_use(number), self.end)

    def send(self, to: Address, data: bytes, is_whole: bool) -> None:
        """One message of the core's."""
        if self._waiting:
            self.write(data, 1)
        elif (sent := self._send(data)) < len(data):
            self._waiting += data[sent:]
            self._lines.wait(self._number, on=True)

    def write(self, data: bytes, messages: int) -> None:
        """So many, which the loops could not send. What the client does not take in time is lost,
        but for the rest of a message that has begun.
        """
        if len(self._waiting) > BACKLOG:
            self.unsent += messages
            return
        self._waiting += data
        self._send_waiting()

    def look(self) -> None:
        """Room to send; messages that are no ChannelData, or too many; the end."""
        if self._waiting:
            self._send_waiting()
        data = self._lines.take_rest(self._number)
        if data:
            self._read(data)
        if self._is_open and self._has_ended():
            self.end()

    def end(self) -> None:
        """Its allocation with it."""
        if self._is_open:
            self._host.close_stream(self._number)
            self.close()

    def close(self) -> None:
        self._is_open = False
        self.trial.close()
        self._sock.close()

    def _read(self, data: bytes) -> None:
        messages = read(self._host, self._number, self._splitter, data)
        if messages:
            self._host.receive(self._number, self.client, messages)
            self.trial.look()
        if self._splitter.is_broken:
            self.end()
        else:
            self._lines.keep(self._number, self._splitter.take_rest())

    def _send_waiting(self) -> None:
        del self._waiting[: self._send(self._waiting)]
        self._lines.wait(self._number, on=bool(self._waiting))

    def _send(self, data: bytes | bytearray) -> int:
        """Bytes that were taken. A connection that is lost is found by reading."""
        try:
            return self._sock.send(data)
        except OSError:
            return 0

    def _has_ended(self) -> bool:
        try:
            return not self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
