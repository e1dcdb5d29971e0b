"""Who gets a frame of a data track (LiveKit): small, unordered, and better lost than late.

A frame names its track by a number: the publisher's on the way in, and on the way out one that is
the subscriber's own. That is all that changes.
"""

import struct
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from sfu.commands import (
    AddDataSubscription,
    AddDataTrack,
    RemoveDataSubscription,
    RemoveDataTrack,
)

DATA_TRACK = "_data_track"  # the channel's label

# Flags, reserved; handle, sequence, frame number; timestamp. All in network order.
HEADER = struct.Struct("!BBHHHI")
HAS_EXTENSIONS = 0x04
STARTS = 0x10  # the first packet of its frame
NUMBER = struct.Struct("!H")  # a handle; also the length of all extensions, in words, less one
HANDLE = slice(2, 4)


class FrameDrop(StrEnum):
    """Why a frame went no further."""

    MALFORMED = "data_frame_malformed"
    UNKNOWN_TRACK = "data_frame_unknown_track"
    SLOW_READER = "data_frame_slow_reader"


class Frame(NamedTuple):
    peer: str
    payload: bytes


@dataclass(slots=True)
class DataTrack:
    peer: str
    handle: int
    subscribers: dict[str, bytes] = field(default_factory=dict)  # peer -> its number, as sent


class DataTracks:
    """Feed it what clients send on their channel; deliver what it returns."""

    def __init__(self) -> None:
        self.dropped: Counter[FrameDrop] = Counter()
        self._by_handle: dict[tuple[str, int], DataTrack] = {}  # by publisher and number
        self._by_sid: dict[str, DataTrack] = {}

    def add(self, command: AddDataTrack) -> None:
        self.remove(RemoveDataTrack(command.track))
        track = DataTrack(command.peer, command.handle)
        self._by_sid[command.track] = self._by_handle[track.peer, track.handle] = track

    def remove(self, command: RemoveDataTrack) -> None:
        track = self._by_sid.pop(command.track, None)
        if track is not None and self._by_handle.get((track.peer, track.handle)) is track:
            del self._by_handle[track.peer, track.handle]

    def subscribe(self, command: AddDataSubscription) -> None:
        if (track := self._by_sid.get(command.track)) is not None:
            track.subscribers[command.peer] = NUMBER.pack(command.handle)

    def unsubscribe(self, command: RemoveDataSubscription) -> None:
        if (track := self._by_sid.get(command.track)) is not None:
            track.subscribers.pop(command.peer, None)

    def remove_peer(self, peer: str) -> None:
        """It has left."""
        for sid, track in list(self._by_sid.items()):
            if track.peer == peer:
                self.remove(RemoveDataTrack(sid))
            else:
                track.subscribers.pop(peer, None)

    def receive(self, peer: str, payload: bytes) -> list[Frame]:
        """A frame from a client: what it becomes, or nothing (see `dropped`)."""
        if not is_frame(payload):
            self.dropped[FrameDrop.MALFORMED] += 1
            return []
        (handle,) = NUMBER.unpack(payload[HANDLE])
        track = self._by_handle.get((peer, handle))
        if track is None:
            self.dropped[FrameDrop.UNKNOWN_TRACK] += 1
            return []
        head, rest = payload[: HANDLE.start], payload[HANDLE.stop :]
        return [Frame(to, head + number + rest) for to, number in track.subscribers.items()]


def is_frame(payload: bytes) -> bool:
    """Has it all of its header? What the extensions mean is for the receivers."""
    if len(payload) < HEADER.size:
        return False
    if not payload[0] & HAS_EXTENSIONS:
        return True
    if len(payload) < HEADER.size + NUMBER.size:
        return False
    (words,) = NUMBER.unpack_from(payload, HEADER.size)
    return len(payload) >= HEADER.size + (int(words) + 1) * 4
