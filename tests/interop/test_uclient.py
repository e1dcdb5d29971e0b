"""Coturn's own test client against our relay."""

import asyncio
import base64
import hmac
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import relay
from tests.harness.relay import PASSWORD, USER, RunningRelay
from tests.turn.aio.visitors import config
from turn import server
from turn.aio.service import RelayService
from turn.nonces import Nonces

WAYS = {"udp": [], "tcp": ["-t"], "tls": ["-t", "-S"]}
MODES = {"channel": [], "send": ["-s"]}
TOTALS = re.compile(r"tot_send_msgs=(\d+), tot_recv_msgs=(\d+)")
SECRET = "a-secret-of-the-tests"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRelay]:
    folder: Path = tmp_path_factory.mktemp("relay")
    with relay.running(folder, {"secrets": ["next", SECRET]}) as started:
        yield started


def uclient(port: int, *options: str, user: str = USER, password: str = PASSWORD) -> str:
    """What it says; two of its clients send to each other."""
    line = command(port, *options, user=user, password=password)
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def command(port: int, *options: str, user: str = USER, password: str = PASSWORD) -> list[str]:
    line = ["turnutils_uclient", "-y", "-c", "-m", "1", "-z", "1", "-p", str(port)]
    return [*line, "-u", user, "-w", password, *options, relay.HOST]


def totals(said: str) -> tuple[int, int]:
    found = TOTALS.findall(said)
    assert found, said
    sent, received = found[-1]
    return int(sent), int(received)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("way", WAYS)
def test_a_thousand_messages_arrive(running: RunningRelay, way: str, mode: str) -> None:
    port = running.tls_port if way == "tls" else running.port
    said = uclient(port, "-n", "1000", *WAYS[way], *MODES[mode])

    assert totals(said) == (2000, 2000), said
    assert "Total lost packets 0 " in said


@pytest.mark.parametrize("way", ["udp", "tcp"])
def test_a_client_that_moves_keeps_its_allocation(running: RunningRelay, way: str) -> None:
    """It comes by another port, with its ticket, before it binds a channel."""
    said = uclient(running.port, "-M", "-v", "-n", "200", *WAYS[way])

    assert totals(said) == (400, 400), said
    assert said.count("refresh sent") >= 2
    assert "Total lost packets 0 " in said


def test_two_families_and_dont_fragment_are_understood(running: RunningRelay) -> None:
    said = uclient(running.port, "-n", "20", "-g", "-s")

    assert totals(said) == (40, 40)


def test_a_wrong_password_is_refused(running: RunningRelay) -> None:
    said = uclient(running.port, "-n", "1", password="wrong")

    assert "Cannot complete Allocation" in said
    assert not TOTALS.findall(said)


def test_a_password_made_from_a_secret_is_taken(running: RunningRelay) -> None:
    user = f"{int(time.time()) + 60}:ann"
    mac = hmac.digest(SECRET.encode(), user.encode(), "sha1")
    password = base64.b64encode(mac).decode()

    assert totals(uclient(running.port, "-n", "5", user=user, password=password)) == (10, 10)


def test_a_password_that_has_ended_is_refused(running: RunningRelay) -> None:
    user = f"{int(time.time()) - 60}:ann"
    mac = hmac.digest(SECRET.encode(), user.encode(), "sha1")

    said = uclient(running.port, "-n", "1", user=user, password=base64.b64encode(mac).decode())
    assert "Cannot complete Allocation" in said


def test_who_has_as_many_as_allowed_is_refused(tmp_path: Path) -> None:
    settings = {"per_user_relay_allocation_limit": 1}
    with relay.running(tmp_path, settings) as started:
        said = uclient(started.port, "-n", "1", "-X")

    assert "error 486" in said


class Fickle(Nonces):
    """Every third one that it is shown is stale."""

    shown = refused = 0

    def is_valid(self, nonce: bytes, host: str, now: float) -> bool:
        Fickle.shown += 1
        is_valid = Fickle.shown % 3 > 0 and super().is_valid(nonce, host, now)
        Fickle.refused += not is_valid
        return is_valid


def test_with_a_stale_nonce_it_asks_again_with_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "Nonces", Fickle)

    async def main() -> str:
        service = RelayService(config(), {1: relay.HOST})
        try:
            _, port = service.listen_udp(relay.HOST, 0)
            line = command(port, "-n", "100", password="secret")
            process = await asyncio.create_subprocess_exec(
                *line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            said, _ = await asyncio.wait_for(process.communicate(), 60)
            return said.decode()
        finally:
            await service.close()

    said = asyncio.run(main())
    assert Fickle.refused >= 2
    assert totals(said) == (200, 200), said
