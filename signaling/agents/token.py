"""What an agent joins a room with (LiveKit)."""

from typing import TYPE_CHECKING

from livekit.protocol import agent, models

from signaling import tokens
from signaling.tokens import Claims, VideoGrant

if TYPE_CHECKING:
    from signaling.context import Context

VALIDITY = 3600.0  # seconds
NAME = "lk.agent_name"  # an attribute


def for_agent(
    context: "Context",
    room: str,
    response: agent.AvailabilityResponse,
    rights: models.ParticipantPermission,
    name: str,
    now: float,
) -> str:
    """The worker says who it will be, its registration what it may do."""
    grant = VideoGrant(
        room_join=True,
        agent=True,
        room=room,
        can_subscribe=rights.can_subscribe,
        can_publish=rights.can_publish,
        can_publish_data=rights.can_publish_data,
        can_update_own_metadata=rights.can_update_metadata,
        can_subscribe_metrics=rights.can_subscribe_metrics,
        hidden=rights.hidden,
    )
    claims = Claims(
        identity=response.participant_identity,
        name=response.participant_name,
        metadata=response.participant_metadata,
        attributes={**response.participant_attributes, NAME: name},
        kind="agent",
        video=grant,
    )
    key, secret = next(iter(context.keys.items()))
    return tokens.mint(claims, key, secret, now=context.unix(now), validity=VALIDITY)
