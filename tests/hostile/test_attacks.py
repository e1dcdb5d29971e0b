"""A call of two goes on, and a third person joins, whatever strangers and members send.

Each row is something that a media or signaling server has fallen by, or had better stand.
"""

from collections.abc import Iterator

import pytest

from tests.conftest import Start
from tests.harness.server import OURS, RunningServer, free_ports
from tests.hostile import door, wire
from tests.hostile.call import Attack, Call, calling, withstand

pytestmark = pytest.mark.skipif(not OURS, reason="of our own processes")

SHORT, LONG = 1.5, 12.0  # seconds
ATTACKS: list[Attack] = [
    wire.junk,
    wire.spoofed,
    wire.replay,
    wire.forged_hellos,
    wire.pinned,
    door.deaf,
    door.pings,
    door.flood,
    door.candidates,
    door.half_open,
    door.bombs,
    door.parsing,
    door.tokens,
    door.meddling,
]


@pytest.fixture(scope="module")
def server(start_server: Start) -> tuple[RunningServer, int]:
    """With its port for media over TCP."""
    ports = free_ports()
    return start_server(ports=ports), ports[1]


@pytest.fixture
def call(server: tuple[RunningServer, int], room: str) -> Iterator[Call]:
    with calling(server[0], room, server[1]) as call:
        yield call


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(SHORT, id="short"),
        pytest.param(LONG, id="long", marks=[pytest.mark.long]),
    ],
)
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_call_goes_on(call: Call, attack: Attack, seconds: float) -> None:
    withstand(call, attack.__name__, attack, seconds)
