"""A client that loses its signaling or all of its connection comes back by itself."""

import asyncio

import pytest
from livekit import rtc
from livekit.rtc._proto.room_pb2 import SimulateScenarioKind

from tests.harness.server import Server
from tests.interop.party import Party, parties

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "scenario",
    ["SIGNAL_RECONNECT", "FULL_RECONNECT", "NODE_FAILURE", "MIGRATION", "FORCE_TCP",
     "DISCONNECT_SIGNAL_ON_RESUME"],
)  # fmt: skip
async def test_a_call_goes_on_after_a_reconnection(
    server: Server, room: str, single: bool, scenario: str
) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        await ann.publish_pictures()
        await ben.sees_pictures_of("ann")
        back: list[bool] = []
        ann.room.on("reconnected", lambda: back.append(True))

        await ann.room.simulate_scenario(SimulateScenarioKind.Value(f"SIMULATE_{scenario}"))

        await ann.until(lambda: back, "is back", timeout=30)
        await ben.sees_pictures_of("ann")
        assert ann.room.connection_state == rtc.ConnectionState.CONN_CONNECTED
        assert not ben.ended


async def test_a_client_that_is_confined_to_tcp_uses_no_other(
    server: Server, room: str, single: bool
) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        await ann.publish_pictures()
        await ben.sees_pictures_of("ann")
        assert await protocols(ann) == {"udp"}
        back: list[bool] = []
        ann.room.on("reconnected", lambda: back.append(True))

        await ann.room.simulate_scenario(SimulateScenarioKind.Value("SIMULATE_FORCE_TCP"))

        await ann.until(lambda: back, "is back", timeout=30)
        await ben.sees_pictures_of("ann")
        assert await protocols(ann) == {"tcp"}


async def protocols(party: Party) -> set[str]:
    """By which the client's nominated pairs of addresses go."""
    stats = await party.room.get_rtc_stats()
    all_stats = [*stats.publisher_stats, *stats.subscriber_stats]
    used = {
        one.candidate_pair.candidate_pair.remote_candidate_id
        for one in all_stats
        if one.WhichOneof("stats") == "candidate_pair"
        and one.candidate_pair.candidate_pair.nominated
    }
    return {
        one.remote_candidate.candidate.protocol
        for one in all_stats
        if one.WhichOneof("stats") == "remote_candidate" and one.remote_candidate.rtc.id in used
    }


async def test_a_server_that_leaves_is_final(server: Server, room: str, single: bool) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        kind = SimulateScenarioKind.Value("SIMULATE_SERVER_LEAVE")
        await ann.room.simulate_scenario(kind)
        await ann.until(lambda: ann.ended, "is told the end")
        assert ann.ended == [rtc.DisconnectReason.SERVER_SHUTDOWN]
        await ben.until(lambda: not ben.room.remote_participants, "is alone")


async def test_a_pretended_speaker_is_told(server: Server, room: str, single: bool) -> None:
    async with parties(server, room, "ann", single=single) as (ann,):
        told: list[list[rtc.Participant]] = []
        ann.room.on("active_speakers_changed", told.append)
        await ann.room.simulate_scenario(SimulateScenarioKind.Value("SIMULATE_SPEAKER"))
        await ann.until(lambda: len(told) > 1 and not told[-1], "spoke and fell silent")
        assert [one.identity for one in told[0]] == ["ann"]


@pytest.mark.parametrize("who", ["ann", "ben"], ids=["sender", "receiver"])
async def test_no_reliable_message_is_lost_or_repeated_by_three_resumes(
    server: Server, room: str, single: bool, who: str
) -> None:
    more = 500  # when all is well again
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        resumes = ann if who == "ann" else ben
        back: list[bool] = []
        resumes.room.on("reconnected", lambda: back.append(True))
        are_over = asyncio.Event()

        async def send() -> int:
            number, last = 0, None
            while number != last:
                await ann.room.local_participant.publish_data(number.to_bytes(200, "big"))
                await asyncio.sleep(0.001)
                number += 1
                if last is None and are_over.is_set():
                    last = number + more
            return number

        async with asyncio.TaskGroup() as group:
            sending = group.create_task(send())
            for number in range(3):
                kind = SimulateScenarioKind.Value("SIMULATE_SIGNAL_RECONNECT")
                await resumes.room.simulate_scenario(kind)
                await resumes.until(lambda n=number: len(back) > n, "is back", timeout=20)  # type: ignore[misc]
            are_over.set()

        count = sending.result()
        await ben.until(lambda: len(ben.heard) >= count, "hears all", timeout=20)
        assert [int.from_bytes(packet.data, "big") for packet in ben.heard] == list(range(count))
