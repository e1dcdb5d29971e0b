"""A local channel between two processes: messages, and sockets beside them, in the order sent.

It is one end of a pair of connected stream sockets. What is sent in one turn of the loop leaves in
one write; what arrives is handled in short slices, so that a flood of messages never keeps a media
process from its packets.
"""

import asyncio
import logging
import os
import socket
import time
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sfu.aio.slices import Slice
from sfu.wire import Codec, Frames, WireError, frame

CHUNK = 1 << 16  # bytes of one read or write
PASSED = 64  # sockets beside one write; the system takes 253
QUEUED = 8 << 20  # bytes that the other side has not read: beyond that it is as good as dead
SLICE = 0.001  # seconds of handling messages between two looks at the other sockets
LEAST = 0.0003  # likewise, when other work has used up the slice: commands must not wait for ever
RIGHTS = socket.CMSG_SPACE(PASSED * array("i").itemsize)
CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)  # Linux

log = logging.getLogger(__name__)

Sent = TypeVar("Sent")
Received = TypeVar("Received")


@dataclass(slots=True)
class Segment:
    """Bytes to write, and the sockets that leave with the first of them."""

    data: bytearray = field(default_factory=bytearray)
    passed: list[socket.socket] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return len(self.data) >= CHUNK or len(self.passed) >= PASSED


class Channel(Generic[Sent, Received]):
    """`on_closed` gets the reason, once, when the other side ends it or breaks the rules.

    `on_message` must not raise: the messages behind that one would wait for the next to arrive.
    """

    def __init__(
        self,
        sock: socket.socket,
        outgoing: Codec[Sent],
        incoming: Codec[Received],
        on_message: Callable[[Received], None],
        on_closed: Callable[[str], None],
    ) -> None:
        self._sock = sock
        self._outgoing = outgoing
        self._incoming = incoming
        self._on_message = on_message
        self._on_closed = on_closed
        self._loop = asyncio.get_running_loop()
        self._segments: deque[Segment] = deque()
        self._queued = 0
        self._soon: asyncio.Handle | None = None  # a write, or the rest of a slice
        self._rest: asyncio.Handle | None = None
        self._frames = Frames()
        self.slice = Slice(lambda seconds: None, SLICE)  # who has work beside this may share one
        self._arrived: deque[socket.socket] = deque()
        self._drained = asyncio.Event()
        self._drained.set()
        self.is_closed = False
        sock.setblocking(False)
        self._loop.add_reader(sock.fileno(), self._read)

    def send(self, message: Sent, passed: socket.socket | None = None) -> None:
        """Write it before the loop waits again. A passed socket is the channel's, which closes it.

        After the end it goes nowhere.
        """
        try:
            data = frame(self._outgoing.encode(message))
        except WireError as error:
            log.error("not sent: %s", error)
            return self._discard(passed)
        if self.is_closed:
            return self._discard(passed)
        if not self._segments or self._segments[-1].is_full:
            self._segments.append(Segment())
        self._segments[-1].data += data
        if passed is not None:
            self._segments[-1].passed.append(passed)
        self._queued += len(data)
        self._drained.clear()
        if self._queued > QUEUED:
            self._fail("it does not read what it is sent")
        elif self._soon is None:
            self._soon = self._loop.call_soon(self._write)

    def take_socket(self) -> socket.socket | None:
        """The next one that came beside a message; None when the sender passed fewer."""
        return self._arrived.popleft() if self._arrived else None

    async def drain(self) -> None:
        """Until all is written or the channel has ended."""
        await self._drained.wait()

    def close(self) -> None:
        """At once, and without a word to `on_closed`."""
        if self.is_closed:
            return
        self.is_closed = True
        self._loop.remove_reader(self._sock.fileno())
        self._loop.remove_writer(self._sock.fileno())
        for handle in (self._soon, self._rest):
            if handle is not None:
                handle.cancel()
        for sock in (self._sock, *self._arrived, *(s for g in self._segments for s in g.passed)):
            sock.close()
        self._arrived.clear()
        self._segments.clear()
        self._drained.set()

    # ---- writing

    def _write(self) -> None:
        self._soon = None
        try:
            while self._segments:
                self._write_segment(self._segments[0])
        except BlockingIOError:
            self._loop.add_writer(self._sock.fileno(), self._write)
            return
        except OSError as error:
            return self._fail(error.strerror or "it cannot be written to")
        self._loop.remove_writer(self._sock.fileno())
        self._drained.set()

    def _write_segment(self, segment: Segment) -> None:
        handles = array("i", [sock.fileno() for sock in segment.passed])
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handles)] if handles else []
        sent = self._sock.sendmsg([segment.data[:CHUNK]], rights)
        self._queued -= sent
        del segment.data[:sent]
        for sock in segment.passed:
            sock.close()
        segment.passed.clear()
        if not segment.data:
            self._segments.popleft()

    # ---- reading

    def _read(self) -> None:
        try:
            data, rights, flags, _ = self._sock.recvmsg(CHUNK, RIGHTS, CLOSE_ON_EXEC)
        except BlockingIOError:
            return
        except OSError as error:
            return self._fail(error.strerror or "it cannot be read")
        for level, kind, handles in rights:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self._arrived += map(opened, handle_numbers(handles))
        if flags & socket.MSG_CTRUNC:
            return self._fail("it passed more sockets than it may")
        if not data:
            return self._fail("it has ended")
        self._frames.receive(data)
        self._deliver()

    def _deliver(self) -> None:
        """Handle messages for a slice of time; with some left nothing more is read."""
        was_paused, self._rest = self._rest is not None, None
        self.slice.turn("channel")
        least = time.monotonic() + LEAST
        try:
            while not self.is_closed and (data := self._frames.take()) is not None:
                self._on_message(self._incoming.decode(data))
                if not self.slice.has_time() and time.monotonic() >= least:
                    return self._pause()
        except WireError as error:
            return self._fail(str(error))
        finally:
            self.slice.end()
        if was_paused and not self.is_closed:
            self._loop.add_reader(self._sock.fileno(), self._read)

    def _pause(self) -> None:
        if not self.is_closed:
            self._loop.remove_reader(self._sock.fileno())
            self._rest = self._loop.call_soon(self._wait_a_turn)

    def _wait_a_turn(self) -> None:
        """What is called soon comes before the next look at the sockets, and this behind it."""
        self._rest = self._loop.call_soon(self._deliver)

    # ---- the end

    def _fail(self, reason: str) -> None:
        """The reason is told in a turn of its own: who sends does not expect an answer."""
        if not self.is_closed:
            self.close()
            self._loop.call_soon(self._on_closed, reason)

    @staticmethod
    def _discard(passed: socket.socket | None) -> None:
        if passed is not None:
            passed.close()


def handle_numbers(data: bytes) -> "array[int]":
    numbers = array("i")
    numbers.frombytes(data[: len(data) - len(data) % numbers.itemsize])
    return numbers


def opened(handle: int) -> socket.socket:
    os.set_blocking(handle, False)
    return socket.socket(fileno=handle)
