"""Identifiers as clients know them: a prefix and twelve random characters (LiveKit)."""

from collections.abc import Callable

from livekit.protocol import models

RandBytes = Callable[[int], bytes]

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"  # without 0 1 I L O l
LENGTH = 12

ROOM = "RM_"
PARTICIPANT = "PA_"
TRACK = "TR_"
DATA_TRACK = "DTR_"
CALL = "RPC_"
EVENT = "EV_"
WORKER = "AW_"
DISPATCH = "AD_"
JOB = "AJ_"

_SOURCES = {
    models.TrackSource.CAMERA: "C",
    models.TrackSource.MICROPHONE: "M",
    models.TrackSource.SCREEN_SHARE: "S",
    models.TrackSource.SCREEN_SHARE_AUDIO: "s",
}


def new_id(prefix: str, randbytes: RandBytes) -> str:
    """56 letters make 5.8 bits each: 69 bits in all, without modulo bias."""
    letters: list[str] = []
    while len(letters) < LENGTH:
        values = (byte & 63 for byte in randbytes(2 * LENGTH))
        letters += [ALPHABET[value] for value in values if value < len(ALPHABET)]
    return prefix + "".join(letters[:LENGTH])


def new_track_id(kind: models.TrackType, source: models.TrackSource, randbytes: RandBytes) -> str:
    """Two letters after the prefix tell kind and source: "TR_VC..." is a camera."""
    letter = "V" if kind == models.TrackType.VIDEO else "A"
    return new_id(f"{TRACK}{letter}{_SOURCES.get(source, '')}", randbytes)
