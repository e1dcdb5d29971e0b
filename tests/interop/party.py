"""One person at the table: the PyPI client in a room, with everything it owns."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any, Self

from livekit import rtc

from tests.harness.server import Server
from tests.interop import media

LIVEKIT = "1.2.0"  # what the tests claim to prove
PATIENCE = 10.0  # seconds for anything that is not timed by itself
SOURCES = {
    "tone": rtc.TrackSource.SOURCE_MICROPHONE,
    "picture": rtc.TrackSource.SOURCE_CAMERA,
}
EVENTS: list[rtc.room.EventTypes] = [
    "participant_connected", "participant_disconnected", "local_track_published",
    "local_track_unpublished", "track_published", "track_unpublished", "track_subscribed",
    "track_unsubscribed", "track_subscription_failed", "track_muted", "track_unmuted",
    "active_speakers_changed", "room_metadata_changed", "participant_metadata_changed",
    "participant_name_changed", "participant_attributes_changed",
    "participant_permissions_changed", "connection_quality_changed", "data_received",
    "connection_state_changed", "e2ee_state_changed", "connected", "disconnected",
    "reconnecting", "reconnected",
]  # fmt: skip


class Party:
    """A joined client. Every event wakes `until`, which looks at the room again."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.room = rtc.Room()
        self.heard: list[rtc.DataPacket] = []
        self.ended: list[int] = []  # reasons of disconnection
        self._woken = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        for event in EVENTS:
            self.room.on(event, self._wake)
        self.room.on("data_received", self.heard.append)
        self.room.on("disconnected", self.ended.append)

    async def join(
        self, server: Server, room: str, *, single: bool, auto: bool = True,
        secret: bytes = b"", relayed: bool = False, **options: Any,
    ) -> Self:  # fmt: skip
        """Connect in single or dual peer connection mode; options as `Server.token` takes them.

        `secret` encrypts everything from end to end; `relayed`: media goes by a relay only.
        """
        token = server.token(self.identity, room, **options)
        keys = rtc.KeyProviderOptions(shared_key=secret)
        encryption = rtc.E2EEOptions(key_provider_options=keys) if secret else None
        settings = rtc.RoomOptions(
            auto_subscribe=auto, single_peer_connection=single, encryption=encryption
        )
        if relayed:
            settings.rtc_config = rtc.RtcConfiguration(
                ice_transport_type=rtc.IceTransportType.TRANSPORT_RELAY
            )
        assert version("livekit") == LIVEKIT
        await self.room.connect(server.url, token, settings)
        return self

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.room.disconnect()
        # Who plays or shows something does so until it leaves.
        assert all(isinstance(end, asyncio.CancelledError) for end in ends), ends

    async def until(self, look: Callable[[], Any], what: str, timeout: float = PATIENCE) -> Any:
        """Wait until `look` returns something true, and return it."""
        try:
            async with asyncio.timeout(timeout):
                while not (found := look()):
                    self._woken.clear()
                    await self._woken.wait()
        except TimeoutError:
            raise AssertionError(f"{self.identity}: {what}: not within {timeout:g} s") from None
        return found

    async def publish_tone(self, frequency: float) -> rtc.LocalTrackPublication:
        source = rtc.AudioSource(media.RATE, 1, queue_size_ms=100)
        track = rtc.LocalAudioTrack.create_audio_track("tone", source)
        self._run(media.play_tone(source, frequency))
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False)
        return await self.room.local_participant.publish_track(track, options)

    async def publish_pictures(
        self,
        *,
        codec: int = rtc.VideoCodec.VP8,
        simulcast: bool = False,
        numbered: bool = False,
    ) -> rtc.LocalTrackPublication:
        source = rtc.VideoSource(media.WIDTH, media.HEIGHT)
        track = rtc.LocalVideoTrack.create_video_track("picture", source)
        self._run(media.show_pictures(source))
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA,
            video_codec=codec,  # type: ignore[arg-type]
            simulcast=simulcast,
            frame_metadata_features=[rtc.FrameMetadataFeature.FMF_FRAME_ID] * numbered,
        )
        return await self.room.local_participant.publish_track(track, options)

    def publication_of(self, identity: str, name: str) -> rtc.RemoteTrackPublication | None:
        """The "tone" or "picture" of another participant, as far as we have been told."""
        other = self.room.remote_participants.get(identity)
        publications = other.track_publications.values() if other else []
        return next((one for one in publications if one.source == SOURCES[name]), None)

    async def publication(self, identity: str, name: str) -> rtc.RemoteTrackPublication:
        found: rtc.RemoteTrackPublication = await self.until(
            lambda: self.publication_of(identity, name), f"{identity} publishes {name}"
        )
        return found

    async def track(self, identity: str, name: str) -> rtc.Track:
        """A track of another participant, once we are subscribed to it."""

        def look() -> rtc.Track | None:
            publication = self.publication_of(identity, name)
            return publication.track if publication else None

        found: rtc.Track = await self.until(look, f"gets {name} of {identity}")
        return found

    async def sees_pictures_of(self, identity: str) -> None:
        async with asyncio.timeout(PATIENCE):
            await media.see_pictures(await self.track(identity, "picture"))

    async def sees_numbers_of(self, identity: str) -> list[int]:
        """Of three frames: the metadata behind them."""
        stream = rtc.VideoStream(await self.track(identity, "picture"))
        numbers: list[int] = []
        async with asyncio.timeout(PATIENCE):
            async for event in stream:
                if event.metadata is not None and event.metadata.HasField("frame_id"):
                    numbers.append(event.metadata.frame_id)
                if len(numbers) == 3:
                    break
        await stream.aclose()
        return numbers

    async def hears_tone_of(self, identity: str) -> float:
        track = await self.track(identity, "tone")
        try:
            async with asyncio.timeout(PATIENCE):
                return await media.hear_tone(track)
        except TimeoutError:
            what = await media.received(track)
        raise AssertionError(f"{self.identity} hears no tone of {identity} in its track: {what}")

    def _wake(self, *_: object) -> None:
        self._woken.set()

    def _run(self, job: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.create_task(job))


@asynccontextmanager
async def parties(
    server: Server, room: str, *identities: str, single: bool, **options: Any
) -> AsyncIterator[list[Party]]:
    """Several people in one room, who leave it at the end."""
    here: list[Party] = []
    try:
        for identity in identities:
            here.append(Party(identity))
            await here[-1].join(server, room, single=single, **options)
        yield here
    finally:
        for one in reversed(here):
            await one.leave()
