"""Sound and pictures that can be told apart after encoding, and the way to tell them."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

RATE = 48_000  # Hz
SAMPLES = RATE // 100  # of one 10 ms frame
WINDOW = RATE // 2  # samples to judge a tone by: bins of 2 Hz
LOUD = 0.05  # root mean square, full scale 1: above comfort noise, below our 0.25

WIDTH, HEIGHT = 320, 240
FPS = 15
TURN = 4  # frames that a picture stays before its quadrants turn
COLOURS = np.array([[220, 30, 30], [30, 200, 30], [40, 40, 220], [220, 220, 40]])
FAR = 90.0  # largest distance from a colour, in RGB, that still is that colour


async def play_tone(source: rtc.AudioSource, frequency: float) -> None:
    """Feed a sine wave into a source for ever; the source's queue keeps the pace."""
    start = 0
    while True:
        phase = 2 * np.pi * frequency * (start + np.arange(SAMPLES)) / RATE
        wave = (np.sin(phase) * 0.5 * 32767).astype(np.int16)
        await source.capture_frame(rtc.AudioFrame(wave.tobytes(), RATE, 1, SAMPLES))
        start += SAMPLES


async def show_pictures(source: rtc.VideoSource) -> None:
    """Feed four coloured quadrants, which turn by one place after every few frames.

    Each has its number as metadata; these leave only where the track was published with them.
    """
    count = 0
    while True:
        data = picture(count // TURN).tobytes()
        frame = rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.RGBA, data)
        source.capture_frame(frame, metadata=rtc.FrameMetadata(frame_id=count + 1))
        count += 1
        await asyncio.sleep(1 / FPS)


def picture(turn: int) -> NDArray[np.uint8]:
    """RGBA pixels whose quadrants, clockwise from the top left, are COLOURS moved by `turn`."""
    image = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    halves = slice(0, HEIGHT // 2), slice(HEIGHT // 2, HEIGHT)
    sides = slice(0, WIDTH // 2), slice(WIDTH // 2, WIDTH)
    clockwise = [(0, 0), (0, 1), (1, 1), (1, 0)]
    for place, (row, column) in enumerate(clockwise):
        image[halves[row], sides[column], :3] = COLOURS[(place + turn) % 4]
    return image


def turn_of(image: NDArray[np.uint8]) -> int | None:
    """By how many places a picture's quadrants are turned; None when it is not our picture."""
    height, width = image.shape[:2]
    quarter = (height // 4, width // 4)
    centres = [(1, 1), (1, 3), (3, 3), (3, 1)]
    seen = []
    for row, column in centres:
        y, x = row * quarter[0], column * quarter[1]
        mean = image[y - 4 : y + 4, x - 4 : x + 4, :3].mean(axis=(0, 1))
        distances = np.linalg.norm(COLOURS - mean, axis=1)
        if distances.min() > FAR:
            return None
        seen.append(int(distances.argmin()))
    turns = {(colour - place) % 4 for place, colour in enumerate(seen)}
    return turns.pop() if len(turns) == 1 else None


async def hear_tone(track: rtc.Track) -> float:
    """The frequency in Hz of what a track plays, once it plays something."""
    stream = rtc.AudioStream(track, sample_rate=RATE, num_channels=1)
    try:
        samples = await _second_loud_window(stream)
    finally:
        await stream.aclose()
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(WINDOW)))
    return float(spectrum.argmax()) * RATE / WINDOW


async def _second_loud_window(stream: rtc.AudioStream) -> NDArray[np.float64]:
    """The window after the first loud one: the first may hold the fade-in."""
    loud = False
    gathered: list[NDArray[np.int16]] = []
    async for event in stream:
        gathered.append(np.frombuffer(event.frame.data, np.int16))
        if sum(map(len, gathered)) < WINDOW:
            continue
        window = np.concatenate(gathered)[:WINDOW] / 32768
        if loud:
            return window
        loud = bool(np.sqrt(np.mean(window**2)) > LOUD)
        gathered.clear()
    raise AssertionError("the track ended before it was heard")


async def received(track: rtc.Track) -> str:
    """What the client counts of it, for a test that fails: is it the server that is silent?"""
    stats = [one.inbound_rtp for one in await track.get_stats() if one.HasField("inbound_rtp")]
    counts = [
        f"{one.received.packets_received} packets, {one.inbound.concealed_samples} of "
        f"{one.inbound.total_samples_received} samples concealed, energy "
        f"{one.inbound.total_audio_energy:.3g}"
        for one in stats
    ]
    return "; ".join(counts) or "nothing is counted"


async def watch_turns(track: rtc.Track) -> AsyncIterator[int | None]:
    """What `turn_of` says of every picture that a track shows."""
    stream = rtc.VideoStream(track, format=rtc.VideoBufferType.RGBA)
    try:
        async for event in stream:
            frame = event.frame
            image = np.frombuffer(frame.data, np.uint8).reshape(frame.height, frame.width, 4)
            yield turn_of(image)
    finally:
        await stream.aclose()


async def see_pictures(track: rtc.Track, different: int = 3) -> None:
    """Watch until the quadrants have turned often enough; at most a tenth may be unclear."""
    changes, frames, unclear, last = 0, 0, 0, None
    watching = watch_turns(track)
    try:
        async for turn in watching:
            frames += 1
            unclear += turn is None
            changes += turn is not None and turn != last
            last = turn if turn is not None else last
            if changes >= different:
                break
    finally:
        await watching.aclose()  # type: ignore[attr-defined]
    assert changes >= different, "the track ended before it was seen"
    assert unclear <= 1 + frames / 10
