"""A media process: one engine, and the channel by which the main process commands it.

Started as `python -m sfu.aio.worker HANDLE`, with the number of its end of the channel. Nothing
else runs on its loop, and it has one thread. It ends when it is told to, when the channel ends or
makes no sense, and when the main process dies.
"""

import asyncio
import ctypes
import logging
import os
import re
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Coroutine
from typing import Any, cast

import uvloop

from sfu.aio.channel import Channel
from sfu.aio.engine import Engine
from sfu.aio.garbage import Garbage
from sfu.aio.messages import (
    FROM_WORKER,
    TO_WORKER,
    AdmitClient,
    Adopt,
    AskRelay,
    AskStats,
    Beat,
    FromWorker,
    Logged,
    OpenDoor,
    Refused,
    RelayTold,
    Start,
    Started,
    StartRelay,
    StatsTold,
    Stop,
    ToWorker,
)
from sfu.aio.rehearsal import rehearse_media
from sfu.aio.relaying import Relaying
from sfu.commands import Command
from sfu.pulse import WATCH
from sfu.transport.rehearsal import rehearse
from turn.aio.rehearsal import rehearse_relay

PR_SET_PDEATHSIG = 1  # prctl(2)

log = logging.getLogger("sfu.aio.worker")  # not `__main__`
OURS = ("sfu", "simulcast", "turn")


class Worker:
    def __init__(self, sock: socket.socket) -> None:
        self._channel: Channel[FromWorker, ToWorker] = Channel(
            sock, FROM_WORKER, TO_WORKER, self._receive, self._lose
        )
        self._loop = asyncio.get_running_loop()
        self._start: asyncio.Future[Start] = self._loop.create_future()
        self._end: asyncio.Future[int] = self._loop.create_future()  # exit status
        self._engine: Engine | None = None
        self._relaying = Relaying(self._channel.send)
        self._garbage: Garbage | None = None
        self._answers: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        """Until the end; the exit status."""
        rehearse()
        rehearse_media()
        await rehearse_relay()
        waited: set[asyncio.Future[Any]] = {self._start, self._end}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if self._end.done():
            return self._end.result()
        start = self._start.result()
        send_logs(self._channel.send, start.log_level)
        try:
            self._engine = engine = await Engine.start(start.config, self._channel.send)
        except OSError as error:
            self._channel.send(Refused(error.errno or 0, str(error)))
            await self._channel.drain()
            return 1
        self._channel.slice = engine.slice
        self._channel.send(Started(engine.node))
        self._garbage = garbage = Garbage()
        self._beat()
        status = await self._end
        garbage.close()
        await self._relaying.close()
        await engine.close()
        await self._channel.drain()
        self._channel.close()
        return status

    def _receive(self, message: ToWorker) -> None:
        """A fault costs that command, never the media of everybody."""
        try:
            self._carry_out(message)
        except Exception as error:  # its message might hold what must not be logged
            trace = "".join(traceback.format_tb(error.__traceback__))
            log.error("%s: %s\n%s", type(message).__name__, type(error).__name__, trace)

    def _carry_out(self, message: ToWorker) -> None:
        if (own := OWN.get(type(message))) is not None:
            own(self, message)
        elif self._engine is not None:
            command = cast(Command, message)  # all others are
            self._engine.handle(command)
            if self._garbage is not None:
                self._garbage.observe(command)

    def _take_start(self, message: Start) -> None:
        if not self._start.done():
            self._start.set_result(message)

    def _adopt(self, message: Adopt) -> None:
        sock = self._channel.take_socket()
        if sock is None:
            return
        if self._engine is None:
            sock.close()
        else:
            self._engine.adopt(sock, message.data)

    def _ask(self, message: AskStats) -> None:
        if self._engine is not None:
            self._reply(self._answer(self._engine, message.number))

    def _reply(self, answer: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(answer)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _answer(self, engine: Engine, number: int) -> None:
        self._channel.send(StatsTold(number, await engine.stats()))

    def _start_relay(self, message: StartRelay) -> None:
        if self._engine is not None:
            portable = self._start.result().config.portable
            self._relaying.start(message, self._engine, by_loops=not portable)

    def _open_door(self, message: OpenDoor) -> None:
        if (sock := self._channel.take_socket()) is not None:
            self._relaying.open(sock)

    def _admit(self, message: AdmitClient) -> None:
        if (sock := self._channel.take_socket()) is not None:
            self._relaying.admit(message, sock)

    def _ask_relay(self, message: AskRelay) -> None:
        self._reply(self._answer_relay(message.number))

    async def _answer_relay(self, number: int) -> None:
        self._channel.send(RelayTold(number, await self._relaying.stats()))

    def _stop(self, message: Stop) -> None:
        if not self._end.done():
            self._end.set_result(0)

    def _lose(self, reason: str) -> None:
        if not self._end.done():
            self._end.set_result(1)

    def _beat(self) -> None:
        self._channel.send(Beat())
        self._loop.call_later(WATCH, self._beat)


OWN: dict[type, Callable[[Worker, Any], None]] = {
    Start: Worker._take_start,
    Adopt: Worker._adopt,
    AskStats: Worker._ask,
    StartRelay: Worker._start_relay,
    OpenDoor: Worker._open_door,
    AdmitClient: Worker._admit,
    AskRelay: Worker._ask_relay,
    Stop: Worker._stop,
}


class Sender(logging.Handler):
    """Log lines go where those of the main process go."""

    def __init__(self, send: Callable[[FromWorker], None]) -> None:
        super().__init__()
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(OURS):
            self._send(Logged(record.name, record.levelno, self.format(record)))
        else:
            self._send(Logged(log.name, record.levelno, own_words(record)))


def own_words(record: logging.LogRecord) -> str:
    """Of a library's line its first words, and what was raised without what that says: both might
    hold what must not be logged."""
    words = re.match(r"[\w ]*", str(record.msg))
    text = f"{record.name}: {words[0].rstrip() if words else ''}"
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return text
    trace = "".join(traceback.format_tb(error.__traceback__))
    return f"{text}: {type(error).__name__}\n{trace}"


def send_logs(send: Callable[[FromWorker], None], level: int) -> None:
    logging.basicConfig(level=level, handlers=[Sender(send)], format="%(message)s", force=True)


def end_with_parent() -> None:
    """Where the system can do it, also when our loop hangs (Linux, prctl(2))."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(1)


def main() -> None:
    """Signals to the whole group are the main process's to answer: it tells us to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end_with_parent()
    sock = socket.socket(fileno=int(sys.argv[1]))

    async def serve() -> int:
        return await Worker(sock).run()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        raise SystemExit(runner.run(serve()))


if __name__ == "__main__":
    main()
