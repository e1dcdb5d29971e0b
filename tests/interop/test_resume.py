"""A client that loses its signaling or all of its connection comes back by itself."""

import asyncio

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


@pytest.mark.parametrize("who", ["ann", "ben"], ids=["sender", "receiver"])
async def test_no_reliable_message_is_lost_or_repeated_by_three_resumes(
    server: Server, room: str, single: bool, who: str
) -> None:
    count = 5000
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        resumes = ann if who == "ann" else ben
        back: list[bool] = []
        resumes.room.on("reconnected", lambda: back.append(True))

        async def send() -> None:
            for number in range(count):
                await ann.room.local_participant.publish_data(number.to_bytes(200, "big"))
                await asyncio.sleep(0.001)

        async with asyncio.TaskGroup() as group:
            sending = group.create_task(send())
            for number in range(3):
                kind = SimulateScenarioKind.Value("SIMULATE_SIGNAL_RECONNECT")
                await resumes.room.simulate_scenario(kind)
                await resumes.until(lambda n=number: len(back) > n, "is back", timeout=20)  # type: ignore[misc]
                assert not sending.done()

        await ben.until(lambda: len(ben.heard) >= count, "hears all", timeout=20)
        assert [int.from_bytes(packet.data, "big") for packet in ben.heard] == list(range(count))
