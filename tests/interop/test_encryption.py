"""What clients encrypt from end to end comes through as it is; who lacks the key cannot read it."""

import asyncio

import pytest
from livekit import rtc

from tests.harness.server import Server
from tests.interop.media import FPS
from tests.interop.party import PATIENCE, Party, parties

pytestmark = pytest.mark.anyio

SECRET, GUESS = b"of the test alone", b"of somebody else"


@pytest.mark.parametrize(
    "codec",
    [rtc.VideoCodec.VP8, rtc.VideoCodec.H264, rtc.VideoCodec.VP9],
    ids=["vp8", "h264", "vp9"],
)
@pytest.mark.parametrize("simulcast", [False, True], ids=["one layer", "simulcast"])
async def test_who_has_the_key_sees_and_hears(
    server: Server, room: str, single: bool, codec: int, simulcast: bool
) -> None:
    async with parties(server, room, "ann", "ben", single=single, secret=SECRET) as (ann, ben):
        publication = await ann.publish_pictures(codec=codec, simulcast=simulcast)
        await ann.publish_tone(440)

        await ben.sees_pictures_of("ann")
        assert await ben.hears_tone_of("ann") == pytest.approx(440, abs=10)
        assert publication.encryption_type == rtc.EncryptionType.GCM


async def test_who_has_another_key_cannot_read_it(server: Server, room: str, single: bool) -> None:
    cat = Party("cat")
    async with parties(server, room, "ann", "ben", single=single, secret=SECRET) as (ann, ben):
        await cat.join(server, room, single=single, secret=GUESS)
        try:
            await ann.publish_pictures()
            await ben.sees_pictures_of("ann")
            assert await decoded(await ben.track("ann", "picture")) > 0

            assert await decoded(await cat.track("ann", "picture")) == 0
        finally:
            await cat.leave()


async def decoded(track: rtc.Track) -> int:
    """Frames, once enough packets have come for some. What cannot be decrypted is no frame."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for stats in await track.get_stats():
                if stats.inbound_rtp.received.packets_received > 2 * FPS:
                    return int(stats.inbound_rtp.inbound.frames_decoded)
            await asyncio.sleep(0.1)
