"""Requests about data tracks (LiveKit)."""

from typing import TYPE_CHECKING

from livekit.protocol import rtc

from signaling import datatracks
from signaling.messages import Reason, refusal

if TYPE_CHECKING:
    from signaling.participant import Participant


def publish(participant: "Participant", request: rtc.PublishDataTrackRequest, now: float) -> None:
    datatracks.publish(participant, request, now)


def unpublish(
    participant: "Participant", request: rtc.UnpublishDataTrackRequest, now: float
) -> None:
    if not datatracks.end(participant, request.pub_handle, now):
        participant.send(refusal(Reason.NOT_FOUND, unpublish_data_track=request))


def subscribe(participant: "Participant", request: rtc.UpdateDataSubscription, now: float) -> None:
    datatracks.ask(participant, request.updates)
    datatracks.reconsider(participant)
