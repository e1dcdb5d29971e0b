"""Encode a moving picture and a voice-like sound once, so that a load test has real frames."""

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

FRAMES_PER_SECOND = 30
SOUND_RATE = 48000  # Hz
SOUND_FRAME = 960  # samples: 20 ms
GREY = 128


@dataclass(slots=True)
class Frame:
    """One encoded frame."""

    data: bytes
    is_key: bool = True


def encode_vp8(width: int, height: int, rate: int, frames: int) -> list[Frame]:
    """`frames` pictures at 30 per second and `rate` bit/s; the first is the only key frame.

    As a browser encodes a camera: real time, no frame twice, one key frame when asked for.
    """
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, FRAMES_PER_SECOND), Fraction(FRAMES_PER_SECOND)
    codec.bit_rate = rate
    codec.gop_size = frames + 1
    codec.thread_count = 1
    codec.options = {
        "deadline": "realtime",
        "cpu-used": "8",
        "lag-in-frames": "0",
        "bufsize": str(rate),
        "maxrate": str(rate),
        "minrate": str(rate),
    }
    scene = draw_scene(width, height)
    encoded = []
    for number in range(frames):
        encoded += codec.encode(take_picture(scene, width, height, number))
    encoded += codec.encode(None)
    return [Frame(bytes(packet), packet.is_keyframe) for packet in encoded]


def encode_opus(rate: int, frames: int) -> list[Frame]:
    """`frames` of 20 ms of Opus at about `rate` bit/s."""
    codec = av.CodecContext.create("libopus", "w")
    codec.sample_rate, codec.format, codec.layout = SOUND_RATE, "flt", "mono"
    codec.time_base = Fraction(1, SOUND_RATE)
    codec.bit_rate = rate
    codec.options = {"application": "voip", "frame_duration": "20"}
    sound = make_sound((frames + 1) * SOUND_FRAME)
    encoded = []
    for number in range(frames + 1):  # the encoder keeps one back
        part = sound[number * SOUND_FRAME : (number + 1) * SOUND_FRAME]
        frame = av.AudioFrame.from_ndarray(part.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate, frame.pts = SOUND_RATE, number * SOUND_FRAME
        encoded += codec.encode(frame)
    return [Frame(bytes(packet)) for packet in [*encoded, *codec.encode(None)]][:frames]


def draw_scene(width: int, height: int) -> NDArray[np.uint8]:
    """A landscape of twice the size, smooth with some grain: what a camera sees."""
    y, x = np.mgrid[0 : 2 * height, 0 : 2 * width]
    smooth = (np.sin(x / 37) + np.cos(y / 23)) * 60 + GREY
    grain = np.random.default_rng(1).integers(0, 256, smooth.shape)
    scene: NDArray[np.uint8] = ((smooth * 7 + grain) / 8).astype(np.uint8)
    return scene


def take_picture(scene: NDArray[np.uint8], width: int, height: int, number: int) -> av.VideoFrame:
    """A window that wanders over the scene."""
    left = int(width / 2 * (1 + np.sin(number / 30)))
    top = int(height / 2 * (1 + np.cos(number / 41)))
    picture = np.full((height * 3 // 2, width), GREY, np.uint8)
    picture[:height] = scene[top : top + height, left : left + width]
    frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
    frame.pts = number
    return frame


def make_sound(samples: int) -> NDArray[np.float32]:
    """A buzz that rises and falls like syllables, with breath in it."""
    time = np.arange(samples) / SOUND_RATE
    buzz = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 9))
    breath = np.random.default_rng(2).normal(0, 0.2, samples)
    loudness = 0.1 + 0.2 * np.sin(2 * np.pi * 2 * time) ** 2
    return ((buzz + breath) * loudness).astype(np.float32)
