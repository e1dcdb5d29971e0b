"""A media process as its parent sees it: an engine's face, with the rest behind a channel."""

import asyncio
import itertools
import logging
import socket
import subprocess
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sfu.aio.channel import Channel
from sfu.aio.listening import EngineConfig
from sfu.aio.messages import (
    FROM_WORKER,
    TO_WORKER,
    Adopt,
    AskRelay,
    AskStats,
    Beat,
    FromWorker,
    Logged,
    Refused,
    RelayNoted,
    RelayTold,
    Start,
    Started,
    StatsTold,
    Stop,
    ToRelay,
    ToWorker,
)
from sfu.aio.reserve import Reserve
from sfu.commands import Command
from sfu.credentials import Credentials
from sfu.events import Event
from sfu.media import NodeInfo
from sfu.pulse import WATCH, Pulse
from sfu.stats import NodeStats
from turn.notes import Note
from turn.stats import RelayStats

STARTS_WITHIN = 180.0  # seconds, on busy cores, and when loops must be compiled first
STOPS_WITHIN = 2.0

log = logging.getLogger(__name__)


class WorkerDied(Exception):
    """It ended before it was ready."""


class RemoteNode:
    """Made by `start`. When the process is of no use any more, `lost` says why: then `kill` it."""

    node: NodeInfo

    def __init__(
        self,
        config: EngineConfig,
        on_event: Callable[[Event], None],
        credentials: "Credentials[RemoteNode] | None" = None,
        reserve: Reserve | None = None,
    ) -> None:
        self._config = config
        self._credentials = credentials
        self._on_event = on_event
        self.on_relay_notes: Callable[[list[Note]], None] | None = None
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[NodeInfo] = self._loop.create_future()
        self.lost: asyncio.Future[str] = self._loop.create_future()
        self._questions: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count()
        self._pulse = Pulse()
        self._watching: asyncio.TimerHandle | None = None
        reserve = reserve or Reserve()
        self._process = reserve.process
        self._channel: Channel[ToWorker, FromWorker] = Channel(
            reserve.channel, TO_WORKER, FROM_WORKER, self._receive, self._lose
        )
        self._channel.send(Start(config, logging.getLogger().getEffectiveLevel()))

    @classmethod
    async def start(
        cls,
        config: EngineConfig,
        on_event: Callable[[Event], None],
        credentials: "Credentials[RemoteNode] | None" = None,
        reserve: Reserve | None = None,
    ) -> "RemoteNode":
        """`credentials` learn from the commands which TCP connections belong here. The process
        of a `reserve` is this node's from now on.

        OSError when a port is taken or an address is not ours; WorkerDied.
        """
        remote = cls(config, on_event, credentials, reserve)
        try:
            remote.node = await remote._starting()
        except BaseException:
            await remote.kill()
            raise
        remote._watch()
        return remote

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Of the process's exit, negative when a signal ended it; None while it runs."""
        return self._process.poll()

    def handle(self, command: Command) -> None:
        """It leaves with the others of this turn of the loop, in order."""
        if self._credentials is not None:
            self._credentials.observe(command, self)
        self._channel.send(command)

    def adopt(self, sock: socket.socket, data: bytes) -> None:
        """Pass on a client's ICE-TCP connection, from which `data` has been read."""
        self._channel.send(Adopt(data), sock)

    def tell(self, message: ToRelay, passed: socket.socket | None = None) -> None:
        """What concerns the relay. The passed socket is the process's own from now on."""
        self._channel.send(message, passed)

    async def stats(self) -> NodeStats:
        """ConnectionError when the process ends meanwhile."""
        found: NodeStats = await self._ask(AskStats(next(self._numbers)))
        return found

    async def relay_stats(self) -> RelayStats:
        """ConnectionError when the process ends meanwhile."""
        found: RelayStats = await self._ask(AskRelay(next(self._numbers)))
        return found

    async def _ask(self, question: AskStats | AskRelay) -> Any:
        number = question.number
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._questions[number] = answer
        self._channel.send(question)
        waited: set[asyncio.Future[Any]] = {answer, self.lost}
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._questions[number]
        if not answer.done():
            raise ConnectionError("the media process has ended")
        return answer.result()

    async def close(self) -> None:
        """After the commands that it was sent, and not later than in STOPS_WITHIN."""
        self._channel.send(Stop())
        await asyncio.wait({self.lost}, timeout=STOPS_WITHIN)
        self._forsake()
        try:
            await asyncio.to_thread(self._process.wait, STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            await self.kill()

    async def kill(self) -> None:
        """The process has ended when this returns."""
        self._forsake()
        self._process.kill()
        await asyncio.to_thread(self._process.wait)

    def _forsake(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        self._channel.close()

    async def _starting(self) -> NodeInfo:
        waited: set[asyncio.Future[Any]] = {self._started, self.lost}
        await asyncio.wait(waited, timeout=STARTS_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        if self._started.done():
            return self._started.result()
        reason = self.lost.result() if self.lost.done() else f"not ready in {STARTS_WITHIN:g} s"
        raise WorkerDied(f"a media process could not be started: {reason}")

    def _receive(self, message: FromWorker) -> None:
        self._pulse.beat()
        if (own := OWN.get(type(message))) is not None:
            own(self, message)
            return
        try:
            self._on_event(message)  # type: ignore[arg-type]  # all others are events
        except Exception as error:  # its message might hold what must not be logged
            trace = "".join(traceback.format_tb(error.__traceback__))
            log.error("%s: %s\n%s", type(message).__name__, type(error).__name__, trace)

    def _take_start(self, message: Started) -> None:
        if not self._started.done():
            self._started.set_result(message.node)

    def _take_refusal(self, message: Refused) -> None:
        if not self._started.done():
            self._started.set_exception(OSError(message.number, message.reason))

    def _take_notes(self, message: RelayNoted) -> None:
        if self.on_relay_notes is not None:
            self.on_relay_notes(message.notes)

    def _take_beat(self, message: Beat) -> None:
        """That it came is all it says."""

    def _take_stats(self, message: StatsTold | RelayTold) -> None:
        answer = self._questions.get(message.number)
        if answer is not None and not answer.done():
            answer.set_result(message.stats)

    def _take_line(self, message: Logged) -> None:
        text = f"{self._config.node_id}: {message.text}"
        logging.getLogger(message.logger).log(message.level, "%s", text)

    def _watch(self) -> None:
        if self._pulse.look(waited(self.pid)):
            self._watching = self._loop.call_later(WATCH, self._watch)
        else:
            self._lose("it does not answer")

    def _lose(self, reason: str) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)


OWN: dict[type, Callable[[RemoteNode, Any], None]] = {
    Started: RemoteNode._take_start,
    Refused: RemoteNode._take_refusal,
    Beat: RemoteNode._take_beat,
    StatsTold: RemoteNode._take_stats,
    RelayTold: RemoteNode._take_stats,
    RelayNoted: RemoteNode._take_notes,
    Logged: RemoteNode._take_line,
}


def waited(pid: int) -> float:
    """Seconds that a process was ready to run but did not; 0 where the system does not tell.

    The second field of /proc/PID/schedstat, nanoseconds (Linux, sched-stats).
    """
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
