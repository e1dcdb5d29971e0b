"""Qualities and sizes of a track's layers."""

from collections.abc import Sequence
from typing import NamedTuple

NONE = -1  # no layer: paused, disabled, or not started
LOW, MEDIUM, HIGH = 0, 1, 2  # livekit.VideoQuality
LAYERS = 3
TEMPORAL_LAYERS = 4

# A layer that is a little too small is good enough: the eye does not see the last tenth, and a
# tile of 640x361 pixels should not fetch 720p.
TOLERANCE = 0.9


class Size(NamedTuple):
    width: int  # pixels
    height: int


# What browsers make of a camera when a publisher announced no sizes (LiveKit).
USUAL = (Size(320, 180), Size(640, 360), Size(1280, 720))


def quality_for(wanted: Size, sizes: Sequence[Size] = USUAL) -> int:
    """The lowest quality whose picture covers `wanted`; the highest when none does.

    `sizes` are the layers of the track from LOW upwards. 0 in `wanted` is "no matter". Layers of
    equal size count as the highest of them: the better one costs the viewer nothing in pixels.
    """
    for quality, size in enumerate(sizes[:-1]):
        covers = size.width >= wanted.width * TOLERANCE and size.height >= wanted.height * TOLERANCE
        if covers and size != sizes[quality + 1]:
            return quality
    return max(len(sizes) - 1, 0) if sizes else HIGH
