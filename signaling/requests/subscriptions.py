"""Requests about what the client receives, and whom it lets receive (LiveKit)."""

from typing import TYPE_CHECKING

from livekit.protocol import rtc

from signaling import subscriber
from signaling.requests.connection import tracks_of

if TYPE_CHECKING:
    from signaling.participant import Participant


def subscription(participant: "Participant", request: rtc.UpdateSubscription, now: float) -> None:
    subscriber.ask(participant, tracks_of(request), request.subscribe, now)
    subscriber.reconsider(participant, now)


def track_setting(participant: "Participant", request: rtc.UpdateTrackSettings, now: float) -> None:
    subscriber.change_settings(participant, request, now)


def subscription_permission(
    participant: "Participant", request: rtc.SubscriptionPermission, now: float
) -> None:
    participant.permit(request, now)
