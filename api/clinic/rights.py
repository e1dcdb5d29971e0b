"""What each part in a visit may do in its room, and that nobody gets more by any way.

A host can take rights away and give them back. Nobody is hidden, or in the place of a program: a
patient sees who is there.
"""

from collections.abc import Mapping
from uuid import UUID

from api.rules.participation import Kind, Part
from signaling.tokens import VideoGrant

# Of a token's attributes: what the clinic says of somebody, and the log of joins repeats.
SAID = ("ws", "role", "meeting")
RIGHTS = (
    "may_publish", "may_subscribe", "may_publish_data", "can_update_own_metadata",
    "can_subscribe_metrics", "can_manage_agent_session", "hidden", "recorder", "agent",
    "room_admin", "room_record", "room_create", "room_list", "ingress_admin",
)  # fmt: skip


def grant_of(part: Part, room: str, *, may_record: bool) -> VideoGrant:
    match part:
        case Part.CLINICIAN:
            return VideoGrant(room_join=True, room=room, room_admin=True, room_record=may_record)
        case Part.OBSERVER:
            return VideoGrant(
                room_join=True, room=room, can_publish=False, can_publish_data=False,
                can_subscribe=True,
            )  # fmt: skip
        case _:
            return VideoGrant(
                room_join=True, room=room, can_publish=True, can_publish_data=True,
                can_subscribe=True,
            )  # fmt: skip


def exceeds(grant: VideoGrant, part: Part) -> bool:
    """Whether it allows something that this part does not."""
    own = grant_of(part, grant.room, may_record=True)
    return any(getattr(grant, right) and not getattr(own, right) for right in RIGHTS)


def says_the_same(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    return all(before.get(name) == after.get(name) for name in SAID)


def is_person(identity: str) -> bool:
    """Whether somebody of a clinic is called so in a room."""
    kind, _, id = identity.partition("-")
    try:
        return kind in set(Kind) and bool(UUID(id))
    except ValueError:
        return False
