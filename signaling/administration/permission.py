"""Give a participant other rights than its token did (LiveKit: UpdateParticipant)."""

from dataclasses import replace

from livekit.protocol import models

from sfu.commands import UpdatePeer
from signaling import datatracks, publisher, subscriber
from signaling.participant import Participant
from signaling.tokens import VideoGrant


def permit(participant: Participant, permission: models.ParticipantPermission, now: float) -> None:
    """All rights at once: what `permission` does not say is taken away."""
    grant = granted(participant.grant, permission)
    if grant == participant.grant:
        return
    if grant.hidden and not participant.is_hidden:
        participant.room.conceal(participant)
    participant.grant = grant
    participant.claims = replace(participant.claims, video=grant)
    participant.context.commands.append(
        UpdatePeer(
            peer=participant.sid,
            hidden=grant.hidden,
            can_publish_data=grant.may_publish_data,
            is_agent=participant.is_agent,
        )
    )
    for track, publication in list(participant.publications.live.items()):
        if not publisher.may_publish(participant, publication.info.source):
            publisher.revoke(participant, track, now)
    if not grant.may_publish_data:
        datatracks.end_all(participant, now)
    participant.announce(now)
    subscriber.reconsider(participant, now)
    participant.room.reconsider(participant, now)


def granted(grant: VideoGrant, permission: models.ParticipantPermission) -> VideoGrant:
    return replace(
        grant,
        can_publish=permission.can_publish,
        can_subscribe=permission.can_subscribe,
        can_publish_data=permission.can_publish_data,
        can_publish_sources=tuple(
            models.TrackSource.Name(source).lower()
            for source in permission.can_publish_sources
            if source in models.TrackSource.values()
        ),
        can_update_own_metadata=permission.can_update_metadata,
        can_subscribe_metrics=permission.can_subscribe_metrics,
        can_manage_agent_session=permission.can_manage_agent_session,
        hidden=permission.hidden,
        recorder=permission.recorder,
        agent=permission.agent,
    )
