"""Recordings cut into packets: one table for all that is ever sent.

A frame leaves in bursts of a few packets, as a browser's pacer lets it: a key frame of sixty
packets at once would only test how large the server's socket buffer is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from api.loadtest import probe
from api.loadtest.plan import RATES, SIZES
from api.loadtest.sending import Packets
from recorder.clip import FRAMES_PER_SECOND, Frame, encode_opus, encode_vp8

PAYLOAD = 1160  # bytes at most, with the codec's header: what libwebrtc leaves for it
DESCRIPTOR = bytes([0x80, 0x80, 0x80, 0x00])  # RFC 7741: extended, a picture id of 15 bits
FIRST_PART = 0x10  # in its first byte: a frame begins here
LEAST = 40  # bytes of a payload, so that there is room for the probe behind what servers read
BURST = 12  # packets
PACE = 0.002  # seconds between bursts

SOUND_RATE = 32_000


@dataclass(slots=True)
class Clip:
    """Bursts `first` to `end` of the library, in a loop."""

    first: int
    end: int
    step: int  # of the RTP time from frame to frame
    is_video: bool


class Library:
    """Packets' payloads in rows, and bursts of them."""

    def __init__(self) -> None:
        self.payloads: NDArray[np.uint8] = np.zeros((0, PAYLOAD), np.uint8)
        self.sizes: NDArray[np.int32] = np.zeros(0, np.int32)
        self.markers: NDArray[np.uint8] = np.zeros(0, np.uint8)  # 128: the frame's last packet
        # By burst:
        self.starts: NDArray[np.int64] = np.zeros(0, np.int64)  # its first packet
        self.counts: NDArray[np.int64] = np.zeros(0, np.int64)
        self.delays: NDArray[np.float64] = np.zeros(0)  # seconds to the next one
        self.begins: NDArray[np.bool_] = np.zeros(0, np.bool_)  # a frame

    @property
    def table(self) -> Packets:
        """For loops."""
        return Packets(
            self.payloads, self.sizes, self.markers, self.starts, self.counts, self.delays,
            self.begins,
        )  # fmt: skip

    def add(self, frames: Sequence[Sequence[bytes]], interval: float, clock: int) -> Clip:
        """The packets of each frame; `interval` in seconds, `clock` in Hz."""
        first = len(self.starts)
        packets = [packet for frame in frames for packet in frame]
        at = len(self.sizes)
        self._add_packets(packets)
        for frame in frames:
            self.markers[at + len(frame) - 1] = 128
            self._add_bursts(at, len(frame), interval)
            at += len(frame)
        is_video = clock == 90000
        if not is_video:
            self.markers[-len(packets) :] = 0  # in sound it says that somebody begins to talk
        return Clip(first, len(self.starts), round(interval * clock), is_video)

    def _add_packets(self, packets: Sequence[bytes]) -> None:
        rows = np.zeros((len(packets), PAYLOAD), np.uint8)
        for row, packet in zip(rows, packets, strict=True):
            row[: len(packet)] = np.frombuffer(packet, np.uint8)
        self.payloads = np.concatenate([self.payloads, rows])
        sizes = np.array([len(packet) for packet in packets], np.int32)
        self.sizes = np.concatenate([self.sizes, sizes])
        self.markers = np.concatenate([self.markers, np.zeros(len(packets), np.uint8)])

    def _add_bursts(self, at: int, count: int, interval: float) -> None:
        offsets = np.arange(0, count, BURST)
        delays = np.full(len(offsets), PACE)
        delays[-1] = interval - PACE * (len(offsets) - 1)
        begins = offsets == 0
        self.starts = np.concatenate([self.starts, at + offsets])
        self.counts = np.concatenate([self.counts, np.minimum(BURST, count - offsets)])
        self.delays = np.concatenate([self.delays, delays])
        self.begins = np.concatenate([self.begins, begins])


@dataclass(slots=True)
class Recording:
    """What a participant sends."""

    library: Library
    sound: Clip
    layers: list[Clip]  # smallest first


def record(seconds: float, rates: Sequence[int] = RATES, *, video: bool = True) -> Recording:
    """Encode everything: about half a second of work for each second of video."""
    library = Library()
    voice = [cut_opus(frame) for frame in encode_opus(SOUND_RATE, round(seconds * 50))]
    sound = library.add(voice, 0.02, 48000)
    layers = []
    for (width, height), rate in zip(SIZES, rates, strict=True) if video else ():
        frames = encode_vp8(width, height, rate, round(seconds * FRAMES_PER_SECOND))
        cut = [cut_vp8(frame) for frame in frames]
        layers.append(library.add(cut, 1 / FRAMES_PER_SECOND, 90000))
    return Recording(library, sound, layers)


def cut_vp8(frame: Frame) -> list[bytes]:
    """A frame's payloads, the picture id still 0. Equal parts, the last ones one byte longer."""
    room = PAYLOAD - len(DESCRIPTOR)
    data = frame.data.ljust(LEAST, b"\0")
    count = -(-len(data) // room)
    size, longer = divmod(len(data), count)
    parts = []
    at = 0
    for index in range(count):
        end = at + size + (index >= count - longer)
        head = DESCRIPTOR if index else bytes([DESCRIPTOR[0] | FIRST_PART]) + DESCRIPTOR[1:]
        parts.append(head + data[at:end])
        at = end
    return parts


def cut_opus(frame: Frame) -> list[bytes]:
    return [frame.data.ljust(LEAST, b"\0")]


assert probe.SIZE < LEAST
