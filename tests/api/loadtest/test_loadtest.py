"""A whole load test against the server of the run."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from api.loadtest import clips
from api.loadtest.participant import Participant, World
from api.loadtest.plan import Connection, Options, Seat
from api.loadtest.run import load, make_traffic, ticking
from api.loadtest.traffic import Traffic
from sfu.transport.certificate import Certificate
from tests.harness.command import run
from tests.harness.server import OURS, Server

HOUSECALL = str(Path(sys.executable).parent / "housecall")


@pytest.fixture(scope="module")
def recording() -> clips.Recording:
    return clips.record(1.0)


def options(server: Server, parties: int, *, single: bool = False) -> Options:
    connection = Connection.SINGLE if single else Connection.DUAL
    return Options(
        server.url, server.key, server.secret, 1, parties, duration=3.0, connection=connection
    )


@pytest.mark.anyio
async def test_everything_arrives_whole_and_in_order(
    server: Server, recording: clips.Recording, single: bool
) -> None:
    result = await load(options(server, 3, single=single), recording, lambda doing, done: None)

    assert (result.streams, result.silent) == (12, 0)
    assert (result.lost, result.duplicates, result.unknown) == (0, 0, 0)
    assert result.unauthentic == 0
    assert result.decrypted >= result.packets_out > 0
    assert (result.picture_breaks, result.switch_breaks) == (0, 0)
    # Sound alone is 2 x 50 packets a second for each of three.
    assert result.packets_in > 3 * 3 * 50 * 3
    assert result.packets_out > 3 * 3 * 2 * 50
    assert result.latency.p50 is not None
    assert 0 < result.latency.p50 < 1
    assert result.join.p50 is not None


@pytest.mark.anyio
async def test_who_comes_late_gets_a_key_frame(server: Server, recording: clips.Recording) -> None:
    plan = options(server, 2)
    seats = [Seat(0, 0, True), Seat(0, 1, True)]
    traffic = make_traffic(plan, seats, recording.library)
    world = World(plan, traffic, recording, Certificate(), "127.0.0.1", "late", 2)
    first, late = (Participant(seat, world) for seat in seats)
    incoming = traffic.incoming
    async with ticking(traffic), asyncio.TaskGroup() as group:
        tasks = [group.create_task(first.run())]
        await until(lambda: first.joined.is_set())
        first.start()
        await until(lambda: frames_since_key(traffic) > 5)
        tasks.append(group.create_task(late.run()))
        await until(lambda: late.joined.is_set())
        late.start()
        await until(lambda: bool((incoming.pictures.key_frames > 0).sum() >= 2))
        for each in (first, late):
            await each.leave()
        for task in tasks:
            task.cancel()
    traffic.close()

    assert incoming.tally.switch_breaks == 0
    assert traffic.asked.key_frames > 0


def frames_since_key(traffic: Traffic) -> int:
    return int(traffic.outgoing.packets.min(where=traffic.outgoing.ssrc > 0, initial=1000))


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not look():
            await asyncio.sleep(0.02)


@pytest.mark.skipif(not OURS, reason="of our own command line")
def test_the_command_prints_and_stores_a_result_or_says_why_not(
    server: Server, tmp_path: Path
) -> None:
    file, plot = tmp_path / "results.json", tmp_path / "plot.svg"

    done = run(
        [
            HOUSECALL, "loadtest", "--url", server.url, "--api-key", server.key,
            "--api-secret", server.secret, "--parties", "2", "--duration", "1", "--audio-only",
            "--json", file, "--plot", plot,
        ],
    )  # fmt: skip

    if done.returncode:  # this machine was busy with other things
        assert "no report" in done.stderr
        assert not file.exists()
        return
    assert "forwarding latency" in done.stdout
    assert json.loads(file.read_text())["streams"] == 2
    assert plot.read_text().startswith("<?xml")


def test_a_server_that_is_not_there_is_told() -> None:
    done = run([HOUSECALL, "loadtest", "--url", "ws://127.0.0.1:9", "--audio-only"])

    assert done.returncode == 1
    assert "cannot speak with ws://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
