"""Who speaks and how well everybody is connected, told to those whom it concerns.

A receiver hears only of itself and of those whose tracks it gets (LiveKit).
"""

from typing import TYPE_CHECKING

from livekit.protocol import models, rtc

from sfu.events import PeerQuality, QualityChanged, Speaker, SpeakersChanged
from signaling import messages

if TYPE_CHECKING:
    from signaling.participant import Participant
    from signaling.room import Room

OLD_PROTOCOL = 10  # up to here clients do not know ConnectionQuality.LOST


def change_speakers(room: "Room", event: SpeakersChanged) -> None:
    infos = [_remember(room, one) for one in event.speakers if one.peer in room.participants]
    for receiver in room.participants.values():
        if not receiver.has_joined:
            continue
        audible = receiver.subscriptions.voices() | {receiver.sid}
        heard = [info for info in infos if info.sid in audible]
        if heard:
            receiver.send(messages.speakers(heard))


def change_quality(room: "Room", event: QualityChanged) -> None:
    told = {one.peer: one for one in event.peers if one.peer in room.participants}
    room.qualities |= told
    for receiver in room.participants.values():
        if receiver.is_active:
            visible = receiver.subscriptions.sources() | {receiver.sid}
            _tell_quality(receiver, [one for sid, one in told.items() if sid in visible])


def introduce(receiver: "Participant", publisher: str) -> None:
    """The receiver gets a first track of somebody: how well that one is connected."""
    known = receiver.room.qualities.get(publisher)
    if known is not None:
        _tell_quality(receiver, [known])


def _tell_quality(receiver: "Participant", qualities: list[PeerQuality]) -> None:
    infos = [
        rtc.ConnectionQualityInfo(
            participant_sid=one.peer,
            quality=_quality(one.quality, receiver.client.protocol),
            score=one.score,
        )
        for one in qualities
    ]
    if infos:
        update = rtc.ConnectionQualityUpdate(updates=infos)
        receiver.send(rtc.SignalResponse(connection_quality=update))


def _remember(room: "Room", speaker: Speaker) -> models.SpeakerInfo:
    info = models.SpeakerInfo(sid=speaker.peer, level=speaker.level, active=speaker.active)
    if speaker.active:
        room.speakers[speaker.peer] = info
    else:
        room.speakers.pop(speaker.peer, None)
    return info


def _quality(value: int, protocol: int) -> str:
    name = models.ConnectionQuality.Name(value)
    return "POOR" if name == "LOST" and protocol <= OLD_PROTOCOL else name
