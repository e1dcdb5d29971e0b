"""People in one room, in a process of their own: PyPI clients that publish and receive.

`python -m bench.guests URL KEY SECRET ROOM COUNT WIDTHxHEIGHT FPS` prints a line of JSON when all
are in and everybody has everybody's tracks, answers each line on its standard input with the
packets that all of them have received so far, and leaves when its input ends. Each looks at the
next one in high quality and at all others in low, as a page with one large tile does.
"""

import asyncio
import json
import sys
from asyncio import StreamReader, StreamReaderProtocol
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from tests.harness.server import Server

RATE = 48_000  # Hz
SAMPLES = RATE // 100  # of one 10 ms frame
PATIENCE = 60.0  # seconds until all see all
NOISE = 24  # shades of grey
SPEED = 8  # pixels that the picture moves with each frame


class Guest:
    """One participant with camera and microphone, who keeps what it is subscribed to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.room = rtc.Room()
        self.tracks: list[rtc.Track] = []
        self.favourite = ""
        self.room.on("track_subscribed", self._keep)

    async def join(self, server: Server, room: str) -> None:
        await self.room.connect(server.url, server.token(self.name, room))

    def _keep(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        self.tracks.append(track)
        if track.kind == rtc.TrackKind.KIND_VIDEO and participant.identity != self.favourite:
            publication.set_video_quality(rtc.VideoQuality.VIDEO_QUALITY_LOW)

    async def publish(self, video: rtc.VideoSource | None, audio: rtc.AudioSource) -> None:
        microphone = rtc.LocalAudioTrack.create_audio_track("microphone", audio)
        await self.room.local_participant.publish_track(
            microphone, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        )
        if video is None:
            return
        camera = rtc.LocalVideoTrack.create_video_track("camera", video)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA,
            simulcast=True,
            video_codec=rtc.VideoCodec.VP8,
        )
        await self.room.local_participant.publish_track(camera, options)


def pictures(width: int, height: int) -> Callable[[int], rtc.VideoFrame]:
    """I420 frames by number: moving blocks under noise, so that the full bit rate is needed."""
    random = np.random.default_rng(1)
    rough = random.integers(60, 180, (height // 16 + 2, width // 8), np.uint8)
    blocks: NDArray[np.uint8] = np.kron(rough, np.ones((16, 16), np.uint8))
    noise = random.integers(0, NOISE, (height * 2, width * 2), np.uint8)
    chroma = np.full(width * height // 2, 128, np.uint8).tobytes()

    def frame(number: int) -> rtc.VideoFrame:
        left = number * SPEED % (blocks.shape[1] - width)
        x, y = random.integers(0, width), random.integers(0, height)
        luma = blocks[:height, left : left + width] + noise[y : y + height, x : x + width]
        return rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, luma.tobytes() + chroma)

    return frame


async def film(source: rtc.VideoSource, width: int, height: int, fps: float) -> None:
    """Feed the same moving picture to every camera."""
    frame = pictures(width, height)
    loop = asyncio.get_running_loop()
    number, due = 0, loop.time()
    while True:
        source.capture_frame(frame(number))
        number, due = number + 1, due + 1 / fps
        await asyncio.sleep(max(0.0, due - loop.time()))


async def hum(source: rtc.AudioSource) -> None:
    """Feed noise to every microphone: what silence would be sent as says little."""
    random = np.random.default_rng(2)
    while True:
        noise = random.integers(-3000, 3000, SAMPLES, np.int16).tobytes()
        await source.capture_frame(rtc.AudioFrame(noise, RATE, 1, SAMPLES))


async def gather(server: Server, room: str, count: int, size: tuple[int, int], fps: float) -> None:
    width, height = size
    video = rtc.VideoSource(width, height) if fps else None
    audio = rtc.AudioSource(RATE, 1, queue_size_ms=100)
    feeds = [asyncio.create_task(hum(audio))]
    if video is not None:
        feeds.append(asyncio.create_task(film(video, width, height, fps)))
    guests = [Guest(f"guest-{number}") for number in range(count)]
    for guest, favourite in zip(guests, guests[1:] + guests[:1], strict=True):
        guest.favourite = favourite.name
        await guest.join(server, room)
        await guest.publish(video, audio)
    wanted = (count - 1) * (2 if video else 1)
    await until(lambda: all(len(guest.tracks) == wanted for guest in guests))
    await answer(guests)
    for feed in feeds:
        feed.cancel()
    await asyncio.gather(*feeds, return_exceptions=True)
    for guest in guests:
        await guest.room.disconnect()


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not look():
            await asyncio.sleep(0.05)


async def answer(guests: list[Guest]) -> None:
    """A line for each line that is asked, the first of them unasked."""
    reader = StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: StreamReaderProtocol(reader), sys.stdin)
    while True:
        found: list[dict[str, Any]] = await asyncio.gather(*map(streams, guests))
        print(json.dumps(found), flush=True)
        if not await reader.readline():
            return


async def streams(guest: Guest) -> dict[str, Any]:
    """What one guest has received and sent, in RTP packets, and how its cameras look."""
    totals: dict[str, Any] = {"received": 0, "sent": 0, "heights": []}
    reports: list[Awaitable[Any]] = [track.get_stats() for track in guest.tracks]
    for publication in guest.room.local_participant.track_publications.values():
        if publication.track is not None:
            reports.append(publication.track.get_stats())
    for report in await asyncio.gather(*reports):
        for entry in report:
            if entry.HasField("inbound_rtp"):
                totals["received"] += entry.inbound_rtp.received.packets_received
                totals["heights"].append(entry.inbound_rtp.inbound.frame_height)
            elif entry.HasField("outbound_rtp"):
                totals["sent"] += entry.outbound_rtp.sent.packets_sent
    return totals


def main(url: str, key: str, secret: str, room: str, count: str, size: str, fps: str) -> None:
    width, _, height = size.partition("x")
    server = Server(url, key, secret)
    asyncio.run(gather(server, room, int(count), (int(width), int(height)), float(fps)))


if __name__ == "__main__":
    main(*sys.argv[1:])
