"""A browser and a PyPI client in one room."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from livekit import rtc
from livekit.rtc._proto.track_pb2 import AudioTrackFeature

from tests.browser.conftest import Join, Seats
from tests.interop.party import Party, parties

pytestmark = pytest.mark.anyio

T = TypeVar("T")


async def meanwhile(job: Callable[..., T], *arguments: Any) -> T:
    """Drive the browser from another thread, so that the client here goes on playing."""
    return await asyncio.to_thread(job, *arguments)


async def test_a_browser_and_a_pypi_client_see_and_hear_each_other(
    seats: Seats, join: Join, room: str, single: bool
) -> None:
    seat = seats("chromium")
    ann = await meanwhile(lambda: join(seat, "ann", single=single))
    async with parties(seat.server, room, "ben", single=single) as (ben,):
        await ben.publish_tone(900)
        await ben.publish_pictures()
        await meanwhile(ann.call, "publishVideo")
        await meanwhile(ann.plays, 440)

        await ben.sees_pictures_of("ann")
        assert await ben.hears_tone_of("ann") == pytest.approx(440, abs=4)
        await meanwhile(ann.call, "waitTurns", "ben", "camera")
        assert await meanwhile(ann.call, "waitTone", "ben") == pytest.approx(900, abs=10)


async def test_messages_go_both_ways(seats: Seats, join: Join, room: str, single: bool) -> None:
    seat = seats("chromium")
    ann = await meanwhile(lambda: join(seat, "ann", single=single))
    async with parties(seat.server, room, "ben", single=single) as (ben,):
        await meanwhile(ann.call, "sendNumbers", 100)
        await ben.until(lambda: len(ben.heard) == 100, "hears all")
        assert [int.from_bytes(p.data[:4], "big") for p in ben.heard] == list(range(100))

        await ben.room.local_participant.send_text("good morning", topic="chat")
        texts = await meanwhile(ann.call, "waitTexts", 1)
        assert texts == [{"from": "ben", "text": "good morning"}]


async def test_calls_streams_and_data_tracks_go_both_ways(
    seats: Seats, join: Join, room: str, single: bool
) -> None:
    seat = seats("chromium")
    ann = await meanwhile(lambda: join(seat, "ann", single=single))
    async with parties(seat.server, room, "ben", single=single) as (ben,):
        me = ben.room.local_participant
        scans: asyncio.Queue[rtc.ByteStreamReader] = asyncio.Queue()
        ben.room.register_byte_stream_handler("scan", lambda reader, _: scans.put_nowait(reader))
        tracks: asyncio.Queue[rtc.RemoteDataTrack] = asyncio.Queue()
        ben.room.on("data_track_published", tracks.put_nowait)

        async def add(call: rtc.RpcInvocationData) -> str:
            return f"{call.payload} and {call.caller_identity}"

        me.register_rpc_method("add", add)
        assert await meanwhile(ann.call, "ask", "ben", "add", "salt") == "salt and ann"
        greeted = await me.perform_rpc(
            destination_identity="ann", method="greet", payload="good day"
        )
        assert greeted == "good day, ben"

        sent = await meanwhile(ann.call, "sendScan", 1_000_000)
        async with asyncio.timeout(20):
            got = b"".join([chunk async for chunk in await scans.get()])
        assert hashlib.sha256(got).hexdigest() == sent
        writer = await me.stream_bytes("x-ray", topic="scan")
        await writer.write(got)
        await writer.aclose()
        assert await meanwhile(ann.call, "waitScans", 1) == [{"from": "ben", "digest": sent}]

        await meanwhile(ann.call, "publishPulse", "72")
        async with asyncio.timeout(10):
            async for frame in (await tracks.get()).subscribe():
                assert frame.payload == b"72"
                break
        mine = await me.publish_data_track(name="breath")
        beating = asyncio.create_task(beat(mine, b"16"))
        assert await meanwhile(ann.call, "waitPulses", 3) != []
        beating.cancel()


async def beat(track: rtc.LocalDataTrack, payload: bytes) -> None:
    while True:
        track.try_push(rtc.DataTrackFrame(payload))
        await asyncio.sleep(0.05)


async def test_a_browser_tells_of_itself_and_chooses_who_sees_it(
    seats: Seats, join: Join, room: str, single: bool
) -> None:
    seat = seats("chromium")
    grants = {"canUpdateOwnMetadata": True}
    ann = await meanwhile(lambda: join(seat, "ann", single=single, grants=grants))
    async with parties(seat.server, room, "ben", "cat", single=single) as (ben, cat):
        await meanwhile(ann.call, "describe", "Ann", "tired", {"hand": "up"})
        for one in (ben, cat):
            seen = one.room.remote_participants["ann"]
            await one.until(lambda s=seen: s.attributes.get("hand") == "up", "sees the hand")  # type: ignore[misc]
            assert (seen.name, seen.metadata) == ("Ann", "tired")

        await meanwhile(ann.call, "permit", ["ben"])
        await meanwhile(ann.call, "publishVideo")
        await ben.sees_pictures_of("ann")
        assert (await cat.publication("ann", "picture")).track is None
        await meanwhile(ann.call, "permit", ["ben", "cat"])
        await cat.sees_pictures_of("ann")


async def test_an_agent_hears_what_was_said_before_it_came(
    seats: Seats, join: Join, room: str, single: bool
) -> None:
    seat = seats("chromium")
    ann = await meanwhile(lambda: join(seat, "ann", single=single))
    await meanwhile(ann.call, "publishFromTheFirstWord")
    opened: asyncio.Queue[rtc.ByteStreamReader] = asyncio.Queue()
    topic = "lk.agent.pre-connect-audio-buffer"
    scribe = Party("scribe")
    scribe.room.register_byte_stream_handler(topic, lambda reader, _: opened.put_nowait(reader))
    await scribe.join(seat.server, room, single=single, kind="agent")
    try:
        async with asyncio.timeout(10):
            reader = await opened.get()
            sound = b"".join([chunk async for chunk in reader])
        microphone = await scribe.publication("ann", "tone")
        assert reader.info.attributes is not None
        assert reader.info.attributes["trackId"] == microphone.sid
        assert AudioTrackFeature.TF_PRECONNECT_BUFFER in microphone.audio_features
        assert sound.startswith(b"\x1aE\xdf\xa3")  # WebM
    finally:
        await scribe.leave()


async def test_metadata_behind_frames_are_for_those_who_know_them(
    seats: Seats, join: Join, room: str, single: bool
) -> None:
    seat = seats("chromium")
    ann = await meanwhile(lambda: join(seat, "ann", single=single))  # does not say that she does
    async with parties(seat.server, room, "ben", "cat", single=single) as (ben, cat):
        await ben.publish_pictures(numbered=True)
        first, second, third = await cat.sees_numbers_of("ben")
        assert first < second < third
        await meanwhile(ann.call, "waitTurns", "ben", "camera")
