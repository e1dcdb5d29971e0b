"""A media process that was held up under load: what it missed must not keep it busy."""

import json
import os
import signal
import time

import pytest

from tests.conftest import Start
from tests.harness.processes import media_processes
from tests.harness.server import OURS, Server
from tests.harness.wait import until
from tests.interop.sink import sink
from tests.interop.test_soak import ENDS_WITHIN, JOINS_WITHIN, PARTIES, SETTLE, read

pytestmark = pytest.mark.skipif(not OURS, reason="of our own processes")

HELD = 0.5  # seconds; 0.8 would be a dead process
WATCHED = 0.5  # seconds for one figure
BACK_WITHIN = 5.0
SHARE = 0.9  # of what left before


# Its socket overflows meanwhile: thousands of packets of every stream are missing at once, are
# asked for, come again, and nothing can be shown before the next key frame.
@pytest.mark.parametrize(
    ("rooms", "seconds"),
    [
        pytest.param(1, 14.0, id="one room"),
        pytest.param(12, 30.0, id="12 rooms", marks=[pytest.mark.long, pytest.mark.timeout(300)]),
    ],
)
def test_all_flows_again_soon(start_server: Start, rooms: int, seconds: float) -> None:
    server = start_server()
    with sink(server, rooms, seconds) as process:
        until(
            lambda: read(server)("livekit_participant_total") == rooms * PARTIES,
            "all are in",
            JOINS_WITHIN,
        )
        time.sleep(SETTLE)
        usual = rate(server)
        (pid,) = media_processes(server) or [server.process.pid]
        os.kill(pid, signal.SIGSTOP)
        time.sleep(HELD)
        os.kill(pid, signal.SIGCONT)
        held = time.monotonic()
        until(lambda: rate(server) > SHARE * usual, "all flows again", BACK_WITHIN)
        back = time.monotonic() - held
        said, _ = process.communicate(timeout=seconds + ENDS_WITHIN)
    assert process.returncode == 0, "the load test failed, see its own output"
    result = json.loads(said)
    figures = {
        "rooms": rooms,
        "held_seconds": HELD,
        "back_seconds": round(back, 2),
        "out_per_second": round(usual),
        "lost": result["lost"],
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps({"stall": figures}))  # for the record, with -s
    assert result["silent"] == 0
    assert result["unauthentic"] == result["unknown"] == 0
    assert result["picture_breaks"] == result["switch_breaks"] == 0


def rate(server: Server) -> float:
    """Packets per second that leave for the first time."""
    first, started = sent(server), time.monotonic()
    time.sleep(WATCHED)
    return (sent(server) - first) / (time.monotonic() - started)


def sent(server: Server) -> float:
    return read(server)("livekit_packet_total", direction="outgoing", transmission="initial")
