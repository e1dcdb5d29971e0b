"""A whole load test: record, join, settle, measure, leave."""

import asyncio
import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from api.loadtest import clips, processes
from api.loadtest.errors import LoadTestError
from api.loadtest.participant import Participant, World
from api.loadtest.plan import Options, Seat, seats
from api.loadtest.report import Result, Server
from api.loadtest.summary import summarise, take
from api.loadtest.traffic import TICK, Traffic
from sfu.transport.certificate import Certificate
from turn.aio.probe import probe
from turn.aio.timer import Timer

AT_A_TIME = 8  # participants that join together
PATIENCE = 20.0  # seconds for one join
PING = 5.0
STAGGER = 0.25  # seconds from the start of one room's media to the next one's
COMPLETE = 10.0  # seconds at most until every stream has begun
SETTLE = 3.0  # seconds after that until the measurement
LAST = 0.3  # seconds for packets that are under way at its end

Progress = Callable[[str, float], None]  # what is done, and how much of it


async def load(options: Options, recording: clips.Recording, progress: Progress) -> Result:
    """Raises LoadTestError. The result may not be fit to be shown: see `report.refuse`."""
    plan = seats(options)
    traffic = make_traffic(options, plan, recording.library)
    host = urlsplit(options.url).hostname or ""
    world = World(
        options,
        traffic,
        recording,
        Certificate(),
        address_of(host),
        f"load-{uuid.uuid4().hex[:8]}",
        sum(seat.publishes for seat in plan if seat.room == 0),
    )
    test = Test(options, world, [Participant(seat, world) for seat in plan], progress)
    try:
        return await test.run()
    except BaseExceptionGroup as group:
        ours, others = group.split(LoadTestError)
        if ours is None or others is not None:
            raise
        raise first(ours) from None
    finally:
        traffic.close()


def address_of(host: str) -> str:
    try:
        return str(socket.getaddrinfo(host, None)[0][4][0])
    except OSError as error:
        raise LoadTestError(f"the server's name {host!r} has no address: {error}") from None


def first(group: BaseExceptionGroup[LoadTestError]) -> LoadTestError:
    error = group.exceptions[0]
    return first(error) if isinstance(error, BaseExceptionGroup) else error


def make_traffic(options: Options, plan: list[Seat], library: clips.Library) -> Traffic:
    calls, _ = probe()
    publishers = sum(seat.publishes for seat in plan)
    each = publishers // options.rooms * 3  # streams that one receives: sound, picture, repairs
    return Traffic(
        library,
        calls,
        links=2 * len(plan),
        sent=4 * publishers,
        got=len(plan) * each,
        sample=options.sample,
    )


@dataclass(slots=True)
class Test:
    options: Options
    world: World
    participants: list[Participant]
    progress: Progress

    async def run(self) -> Result:
        async with ticking(self.world.traffic), asyncio.TaskGroup() as group:
            pings = group.create_task(self._ping())
            tasks = await self._join(group)
            await self._start()
            family = await asyncio.to_thread(find_server, self.options)  # looks at every process
            await self._settle()
            result = await self._measure(family)
            pings.cancel()
            for participant in self.participants:
                await participant.leave()
            for task in tasks:
                task.cancel()
        return result

    async def _join(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Without media where all publish: a handshake takes as long as hundreds of packets.

        Who only listens joins rooms that run: a thousand shall not be told of one track at once.
        """
        is_running = not all(participant.seat.publishes for participant in self.participants)
        tasks = []
        for at in range(0, len(self.participants), AT_A_TIME):
            together = self.participants[at : at + AT_A_TIME]
            tasks += [group.create_task(participant.run()) for participant in together]
            for participant in together:
                await self._wait(participant)
                if is_running:
                    participant.start()
            self.progress("joining", (at + len(together)) / len(self.participants))
        return tasks

    async def _start(self) -> None:
        """Room by room, and then wait until everything comes."""
        for at in range(0, len(self.participants), self.options.parties):
            for participant in self.participants[at : at + self.options.parties]:
                participant.start()
            self.progress("starting", at / len(self.participants))
            await asyncio.sleep(STAGGER)
        streams, order = self.world.traffic.incoming.streams, self.world.traffic.incoming.order
        deadline = time.monotonic() + COMPLETE
        while time.monotonic() < deadline:
            media = streams.repairs[: streams.count] < 0
            if (order.received[: streams.count][media] > 0).sum() >= self.promised:
                return
            await asyncio.sleep(0.1)

    @property
    def promised(self) -> int:
        """Streams that all should get."""
        kinds = 2 - self.options.audio_only - self.options.video_only
        return kinds * sum(
            self.world.publishers - participant.seat.publishes for participant in self.participants
        )

    async def _wait(self, participant: Participant) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await participant.joined.wait()
        except TimeoutError:
            raise LoadTestError(
                f"a participant could not join within {PATIENCE:.0f} s: can the server's UDP port "
                "be reached from here?"
            ) from None

    async def _ping(self) -> None:
        """Each by its own clock, as clients do: all at one moment would be a load of its own."""
        due = time.monotonic()
        while True:
            for participant in self.participants:
                due += PING / len(self.participants)
                await asyncio.sleep(due - time.monotonic())
                if participant.joined.is_set():
                    await participant.ping()

    async def _settle(self) -> None:
        self.progress("settling", 0.0)
        self.world.traffic.tidy()
        await asyncio.sleep(SETTLE)

    async def _measure(self, family: processes.Family | None) -> Result:
        """`family`: the server's processes, where they are on this machine."""
        traffic, options = self.world.traffic, self.options
        traffic.begin_measuring()
        before = take(traffic, family)
        while (passed := time.monotonic() - before.at) < options.duration:
            self.progress("measuring", passed / options.duration)
            await asyncio.sleep(min(0.5, options.duration - passed))
        after = take(traffic, family)
        await asyncio.sleep(LAST)
        traffic.end_measuring()
        memory = None if family is None else await asyncio.to_thread(family.memory)
        joins = [participant.join_time for participant in self.participants]
        server = None if memory is None else Server(after.server - before.server, *memory)
        return summarise(options, traffic, before, after, server, joins)


def find_server(options: Options) -> processes.Family | None:
    """None when it is not on this machine. Raises LoadTestError for a process that is not there."""
    if options.server is not None:
        family = processes.Family(frozenset([options.server]))
        if not family.exists():
            raise LoadTestError(f"there is no process {options.server} (--server-pid)")
        return family
    try:
        return processes.listening(port_of(options.url))
    except LookupError:
        return None


def port_of(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "wss" else 80)


@asynccontextmanager
async def ticking(traffic: Traffic) -> AsyncIterator[None]:
    """Let the data plane run by the kernel's timer."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    failure: Exception | None = None
    calls, _ = probe()
    timer = Timer(calls)
    planned = time.monotonic() + TICK

    def tick() -> None:
        nonlocal planned, failure
        began = time.monotonic()
        try:
            traffic.tick(planned)
        except Exception as error:  # not one of the loop's log: it ends the test
            failure = error
            loop.remove_reader(timer.file)
            task.cancel()
            return
        planned = began + TICK
        timer.arm(max(planned - time.monotonic(), 1e-6))

    loop.add_reader(timer.file, tick)
    timer.arm(TICK)
    try:
        yield
    except asyncio.CancelledError:
        if failure is None:
            raise
        raise failure from None
    finally:
        loop.remove_reader(timer.file)
        timer.close()
