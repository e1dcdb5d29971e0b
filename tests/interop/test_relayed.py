"""Calls that go by our own relay, because their clients use nothing else."""

import pytest
from livekit.rtc._proto.stats_pb2 import IceCandidateType

from tests.conftest import Start
from tests.harness.server import RunningServer, free_ports
from tests.interop.party import Party, parties

RELAY = IceCandidateType.Value("RELAY")

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module", params=["udp", "tcp"])
def relaying(request: pytest.FixtureRequest, start_server: Start) -> RunningServer:
    """A server whose relay takes one transport."""
    _, tcp_port, udp_port = free_ports()
    by_udp = request.param == "udp"
    ports = {"udp_port": udp_port if by_udp else 0, "tcp_port": 0 if by_udp else tcp_port}
    return start_server(settings={"turn": ports})


async def test_two_who_are_confined_to_the_relay_see_and_hear_each_other(
    relaying: RunningServer, room: str, single: bool
) -> None:
    async with parties(relaying, room, "ann", "ben", single=single, relayed=True) as (ann, ben):
        await ann.publish_pictures()
        await ben.publish_tone(440)
        await ben.sees_pictures_of("ann")
        assert await ann.hears_tone_of("ben") == pytest.approx(440, abs=10)
        for one in (ann, ben):
            assert await kinds(one) == {RELAY}


async def kinds(party: Party) -> set[int]:
    """Of the client's own candidates in the pairs in use."""
    stats = await party.room.get_rtc_stats()
    every = [*stats.publisher_stats, *stats.subscriber_stats]
    used = {
        one.candidate_pair.candidate_pair.local_candidate_id
        for one in every
        if one.WhichOneof("stats") == "candidate_pair"
        and one.candidate_pair.candidate_pair.nominated
    }
    return {
        one.local_candidate.candidate.candidate_type
        for one in every
        if one.WhichOneof("stats") == "local_candidate" and one.local_candidate.rtc.id in used
    }
