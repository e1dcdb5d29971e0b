"""The end of a media process as browsers see it."""

import os
import signal
from pathlib import Path

import pytest

from tests.browser.conftest import Join
from tests.browser.seat import Client, Seat
from tests.harness.server import RunningServer


def media_process(server: RunningServer) -> int:
    pid = server.process.pid
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def is_back(client: Client) -> None:
    client.call("waitEvent", "reconnected", 1, 15_000)


@pytest.mark.parametrize("pair", ["mixed"], indirect=True)
def test_a_call_goes_on_after_the_media_process_was_killed(
    pair: tuple[Seat, Seat], join: Join, single: bool
) -> None:
    ann, ben = join(pair[0], "ann", single=single), join(pair[1], "ben", single=single)
    ann.call("publishVideo")
    ben.call("publishVideo")
    ann.sees(ben)
    ben.sees(ann)
    server = pair[0].server
    assert isinstance(server, RunningServer)

    os.kill(media_process(server), signal.SIGKILL)

    is_back(ann)
    is_back(ben)
    ann.sees(ben)
    ben.sees(ann)
    for client in (ann, ben):
        assert "disconnected" not in [event["name"] for event in client.call("happened")]
