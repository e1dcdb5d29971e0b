"""A client that loses its signaling or all of its connection comes back by itself."""

import pytest
from livekit import rtc
from livekit.rtc._proto.room_pb2 import SimulateScenarioKind

from tests.harness.server import Server
from tests.interop.party import parties

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("scenario", ["SIMULATE_SIGNAL_RECONNECT", "SIMULATE_FULL_RECONNECT"])
async def test_a_call_goes_on_after_a_reconnection(
    server: Server, room: str, single: bool, scenario: str
) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        await ann.publish_pictures()
        await ben.sees_pictures_of("ann")
        back: list[bool] = []
        ann.room.on("reconnected", lambda: back.append(True))

        await ann.room.simulate_scenario(SimulateScenarioKind.Value(scenario))

        await ann.until(lambda: back, "is back", timeout=30)
        await ben.sees_pictures_of("ann")
        assert ann.room.connection_state == rtc.ConnectionState.CONN_CONNECTED
        assert not ben.ended
