"""Calls that go by our own relay, because their clients use nothing else."""

import pytest
from livekit.rtc._proto.stats_pb2 import IceCandidateType

from tests.conftest import Start
from tests.harness.server import RunningServer, free_ports
from tests.interop.party import Party, parties
from tests.interop.test_workers import rooms_by_node

RELAY = IceCandidateType.Value("RELAY")

pytestmark = pytest.mark.anyio


@pytest.fixture(
    scope="module",
    params=[("udp", 1), ("tcp", 1), ("udp", 0)],
    ids=["udp", "tcp", "udp, one process"],
)
def relaying(request: pytest.FixtureRequest, start_server: Start) -> RunningServer:
    """A server whose relay takes one transport, in the process of its media."""
    _, tcp_port, udp_port = free_ports()
    way, workers = request.param
    by_udp = way == "udp"
    ports = {"udp_port": udp_port if by_udp else 0, "tcp_port": 0 if by_udp else tcp_port}
    return start_server(settings={"turn": ports, "workers": workers})


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


@pytest.fixture(scope="module")
def two_workers(start_server: Start) -> RunningServer:
    _, _, udp_port = free_ports()
    turn = {"udp_port": udp_port, "tcp_port": 0}
    return start_server(settings={"turn": turn}, arguments="--workers 2 --udp-port 0")


async def test_media_of_another_process_is_reached(
    two_workers: RunningServer, room: str, single: bool
) -> None:
    server = two_workers
    async with (
        parties(server, f"{room}-1", "ann", "ben", single=single, relayed=True) as (ann, ben),
        parties(server, f"{room}-2", "cat", "dan", single=single, relayed=True) as (cat, dan),
    ):
        assert rooms_by_node(server) == [1, 1]
        await ann.publish_pictures()
        await cat.publish_pictures()
        await ben.sees_pictures_of("ann")
        await dan.sees_pictures_of("cat")
        for one in (ann, ben, cat, dan):
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
