"""An agent that says what it hears; run by the worker of an unmodified livekit-agents."""

import asyncio
import math
from importlib.metadata import version

from livekit import rtc
from livekit.agents import AutoSubscribe, JobContext, WorkerOptions, cli

RATE = 48000


async def entrypoint(job: JobContext) -> None:
    await job.connect(auto_subscribe=AutoSubscribe.SUBSCRIBE_ALL)
    source = rtc.AudioSource(RATE, 1)
    track = rtc.LocalAudioTrack.create_audio_track("echo", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False)
    await job.room.local_participant.publish_track(track, options)
    echoes: set[asyncio.Task[None]] = set()

    async def echo(heard: rtc.Track) -> None:
        async for event in rtc.AudioStream(heard, sample_rate=RATE, num_channels=1):
            await source.capture_frame(event.frame)

    def begin(heard: rtc.Track | None, *_: object) -> None:
        if isinstance(heard, rtc.RemoteAudioTrack):
            echoes.add(asyncio.create_task(echo(heard)))

    job.room.on("track_subscribed", begin)
    for participant in job.room.remote_participants.values():
        for publication in participant.track_publications.values():
            begin(publication.track)


if __name__ == "__main__":
    print("livekit-agents", version("livekit-agents"), flush=True)
    cli.run_app(
        WorkerOptions(
            entrypoint_fnc=entrypoint,
            agent_name="echo",
            num_idle_processes=1,
            load_threshold=math.inf,  # it takes jobs on a busy machine too
        )
    )
