"""How loud each audio track is, from the level that each packet's extension carries (RFC 6464)."""

import numpy as np

from sfu.tables import F64, I64, NEVER, Floats, Row, Rows, Table
from turn.compiling import compiled

SILENT = 127  # dB below the loudest: the lowest level there is
LINEAR: Floats = 10 ** (-np.arange(SILENT + 1) / 20)  # by level: 0..1
LATER = 0x8000_0000  # timestamps from this step on are earlier ones


class Voices(Table):
    """One row for each audio track that is published."""

    # What counts as speech: `speakers.SpeakerRules`.
    interval: F64
    active_level: I64
    least_active: F64
    smoothing: F64
    stale: F64
    rate: F64  # Hz of the RTP clock
    timestamp: I64  # of the last packet, NEVER before the first
    heard_at: F64  # seconds, when it came
    observed: F64  # seconds of audio in this interval,
    active: F64  # and of these, seconds of speech
    loudest: I64
    smoothed: F64  # 0..1, linear


@compiled
def hear(voices: Rows, place: int, level: int, timestamp: int, now: float) -> None:
    """A packet: its level in dB below the loudest, 0 to 127, and its RTP timestamp."""
    voice = voices[place]
    if voice.timestamp == NEVER:
        voice.timestamp = timestamp
        voice.heard_at = now
        return
    step = timestamp - voice.timestamp & 0xFFFF_FFFF
    if step >= LATER:
        return  # a late packet: its time has been counted
    voice.timestamp = timestamp
    if now - voice.heard_at > voice.stale:
        silence(voice)
    voice.heard_at = now
    duration = min(step / voice.rate, voice.interval)  # a pause or a jump is not all audio
    voice.observed += duration
    if level <= voice.active_level:
        voice.active += duration
        voice.loudest = min(voice.loudest, level)
    if voice.observed >= voice.interval:
        close(voice)


@compiled
def close(voice: Row) -> None:
    """An interval is full."""
    share = voice.active / voice.interval
    if share >= voice.least_active:
        voice.smoothed += (share * LINEAR[voice.loudest] - voice.smoothed) * voice.smoothing
    else:
        voice.smoothed = 0.0
    voice.observed = voice.active = 0.0
    voice.loudest = SILENT


@compiled
def silence(voice: Row) -> None:
    """The track is muted or has ended, or nothing came for long."""
    voice.observed = voice.active = voice.smoothed = 0.0
    voice.loudest = SILENT
