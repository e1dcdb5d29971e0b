"""Data tracks: frames between clients, as their SDK shows them."""

import asyncio
import random

import pytest
from livekit import rtc
from livekit.rtc.participant import PublishDataTrackError

from tests.harness.server import Server
from tests.interop.party import Party, parties

pytestmark = pytest.mark.anyio


async def next_track(party: Party) -> "asyncio.Future[rtc.RemoteDataTrack]":
    """The next data track that somebody else publishes."""
    found: asyncio.Future[rtc.RemoteDataTrack] = asyncio.get_running_loop().create_future()

    def take(track: rtc.RemoteDataTrack) -> None:
        if not found.done():
            found.set_result(track)

    party.room.on("data_track_published", take)
    return found


@pytest.mark.parametrize("size", [1, 1000, 100_000])
async def test_frames_arrive_byte_for_byte(
    server: Server, room: str, single: bool, size: int
) -> None:
    payload = random.Random(size).randbytes(size)
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        seen = await next_track(ben)
        mine = await ann.room.local_participant.publish_data_track(name="pulse")
        async with asyncio.timeout(10):
            theirs = await seen
            assert (theirs.info.name, theirs.info.sid) == ("pulse", mine.info.sid)
            stream = theirs.subscribe()
            got = await first_frame(mine, stream, rtc.DataTrackFrame(payload, user_timestamp=77))
        assert got.payload == payload
        assert got.user_timestamp == 77


async def test_two_tracks_of_one_publisher_are_kept_apart(
    server: Server, room: str, single: bool
) -> None:
    async with parties(server, room, "ann", "ben", "cat", single=single) as (ann, ben, cat):
        for listener in (ben, cat):
            for name in ("pulse", "breath"):
                seen = await next_track(listener)
                mine = await ann.room.local_participant.publish_data_track(
                    name=f"{name} for {listener.identity}"
                )
                async with asyncio.timeout(10):
                    stream = (await seen).subscribe()
                    frame = rtc.DataTrackFrame(name.encode())
                    assert (await first_frame(mine, stream, frame)).payload == name.encode()


async def test_an_unpublished_track_ends(server: Server, room: str, single: bool) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        seen, ended = await next_track(ben), asyncio.Event()
        ben.room.on("data_track_unpublished", lambda _: ended.set())
        mine = await ann.room.local_participant.publish_data_track(name="pulse")
        async with asyncio.timeout(10):
            theirs = await seen
            assert theirs.is_published()
            await mine.unpublish()
            await ended.wait()
            assert not theirs.is_published()


async def test_a_name_is_taken_once(server: Server, room: str, single: bool) -> None:
    async with parties(server, room, "ann", single=single) as (ann,):
        first = await ann.room.local_participant.publish_data_track(name="pulse")
        with pytest.raises(PublishDataTrackError, match=r"(?i)name"):
            await ann.room.local_participant.publish_data_track(name="pulse")
        assert first.is_published()


async def test_who_may_not_publish_data_has_no_data_tracks(
    server: Server, room: str, single: bool
) -> None:
    silent = {"canPublishData": False}
    async with parties(server, room, "ann", single=single, grants=silent) as (ann,):
        with pytest.raises(PublishDataTrackError):
            await ann.room.local_participant.publish_data_track(name="pulse")


async def first_frame(
    track: rtc.LocalDataTrack, stream: rtc.DataTrackStream, frame: rtc.DataTrackFrame
) -> rtc.DataTrackFrame:
    """Frames are not waited for or repeated: push until one has come through."""
    reading = asyncio.create_task(stream.read())
    while not reading.done():
        track.try_push(frame)
        await asyncio.wait({reading}, timeout=0.05)
    got = await reading
    assert got is not None
    return got
