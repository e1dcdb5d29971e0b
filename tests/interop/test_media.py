"""Sound and pictures between two PyPI clients, told apart by content."""

import asyncio

import pytest
from livekit import rtc

from tests.harness.server import Server
from tests.interop.party import Party, parties

pytestmark = pytest.mark.anyio


async def test_each_hears_the_tone_that_the_other_plays(
    server: Server, room: str, single: bool
) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        await ann.publish_tone(440)
        await ben.publish_tone(900)

        by_ann, by_ben = await asyncio.gather(ann.hears_tone_of("ben"), ben.hears_tone_of("ann"))

        assert by_ann == pytest.approx(900, abs=4)
        assert by_ben == pytest.approx(440, abs=4)


@pytest.mark.parametrize("codec", [rtc.VideoCodec.VP8, rtc.VideoCodec.H264], ids=["vp8", "h264"])
async def test_each_sees_the_moving_picture_of_the_other(
    server: Server, room: str, single: bool, codec: int
) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        await ann.publish_pictures(codec=codec)
        await ben.publish_pictures(codec=codec)

        await asyncio.gather(ann.sees_pictures_of("ben"), ben.sees_pictures_of("ann"))


async def test_a_late_comer_sees_and_hears_what_was_published_before(
    server: Server, room: str, single: bool
) -> None:
    async with parties(server, room, "ann", single=single) as (ann,):
        await ann.publish_tone(660)
        await ann.publish_pictures()

        async with parties(server, room, "ben", single=single) as (ben,):
            await ben.sees_pictures_of("ann")
            assert await ben.hears_tone_of("ann") == pytest.approx(660, abs=4)


async def test_a_single_and_a_dual_connection_client_share_a_room(
    server: Server, room: str
) -> None:
    ann, ben = Party("ann"), Party("ben")
    try:
        await ann.join(server, room, single=True)
        await ben.join(server, room, single=False)
        await ann.publish_pictures()
        await ben.publish_tone(520)

        await ben.sees_pictures_of("ann")
        assert await ann.hears_tone_of("ben") == pytest.approx(520, abs=4)
    finally:
        await ann.leave()
        await ben.leave()


async def test_simulcast_pictures_arrive(server: Server, room: str, single: bool) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        await ann.publish_pictures(simulcast=True)

        await ben.sees_pictures_of("ann")


@pytest.mark.parametrize("codec", ["H264", "VP9", "AV1"])
async def test_pictures_arrive_in_each_codec(
    server: Server, room: str, single: bool, codec: str
) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        await ann.publish_pictures(codec=rtc.VideoCodec.Value(codec))

        await ben.sees_pictures_of("ann")
        (track,) = ben.room.remote_participants["ann"].track_publications.values()
        assert track.mime_type.lower() == f"video/{codec}".lower()


async def test_more_videos_than_the_first_offer_had_room_for(
    server: Server, room: str, single: bool
) -> None:
    names = ["ann", "ben", "cat", "dan", "eve"]
    async with parties(server, room, *names, single=single) as everyone:
        for one in everyone[1:]:
            await one.publish_pictures()

        for name in names[1:]:
            await everyone[0].sees_pictures_of(name)


async def test_muting_stops_the_sound_and_unmuting_brings_it_back(
    server: Server, room: str, single: bool
) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        tone = (await ann.publish_tone(440)).track
        assert isinstance(tone, rtc.LocalAudioTrack)
        assert await ben.hears_tone_of("ann") == pytest.approx(440, abs=4)
        publication = await ben.publication("ann", "tone")

        tone.mute()
        await ben.until(lambda: publication.muted, "is told of the mute")
        tone.unmute()
        await ben.until(lambda: not publication.muted, "is told of the unmute")

        assert await ben.hears_tone_of("ann") == pytest.approx(440, abs=4)


async def test_muted_video_comes_back_when_unmuted(server: Server, room: str, single: bool) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        picture = (await ann.publish_pictures()).track
        assert isinstance(picture, rtc.LocalVideoTrack)
        await ben.sees_pictures_of("ann")
        publication = await ben.publication("ann", "picture")

        picture.mute()
        await ben.until(lambda: publication.muted, "is told of the mute")
        picture.unmute()
        await ben.until(lambda: not publication.muted, "is told of the unmute")

        await ben.sees_pictures_of("ann")


async def test_what_is_unpublished_goes_and_what_is_published_again_comes(
    server: Server, room: str, single: bool
) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        for _ in range(3):
            picture = await ann.publish_pictures()
            await ben.sees_pictures_of("ann")

            await ann.room.local_participant.unpublish_track(picture.sid)
            await ben.until(
                lambda: ben.publication_of("ann", "picture") is None, "is told that it is gone"
            )
