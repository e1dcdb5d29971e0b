"""The end of a media process as browsers see it."""

import os
import signal

import pytest

from tests.browser.conftest import Join
from tests.browser.seat import Client, Seat
from tests.harness.processes import media_processes
from tests.harness.server import RunningServer


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

    (process,) = media_processes(server)
    os.kill(process, signal.SIGKILL)

    is_back(ann)
    is_back(ben)
    ann.sees(ben)
    ben.sees(ann)
    for client in (ann, ben):
        assert "disconnected" not in [event["name"] for event in client.call("happened")]
