"""Tokens for visits' rooms: who somebody is, of which clinic, in which role, and what they may."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from api.clinic.rights import grant_of
from api.rules.participation import Part
from api.rules.private import Private
from signaling.tokens import Claims, VideoGrant, mint

VALIDITY = timedelta(minutes=10)  # to join with; the server sends fresher ones during the call
RECORDER_VALIDITY = timedelta(minutes=5)
LONGEST_NAME = 256  # characters


@dataclass(frozen=True, slots=True)
class Signer:
    key: str
    secret: str = field(repr=False)

    def join(
        self, *, workspace: UUID, meeting: UUID, room: str, identity: str, name: Private | None,
        part: Part, may_record: bool, now: datetime,
    ) -> str:  # fmt: skip
        """Nobody in it is hidden: a patient sees who is there."""
        claims = Claims(
            identity=identity,
            name=name.text[:LONGEST_NAME] if name else "",
            attributes={"ws": str(workspace), "role": part.value, "meeting": str(meeting)},
            video=grant_of(part, room, may_record=may_record),
        )
        return mint(
            claims, self.key, self.secret, now=now.timestamp(), validity=VALIDITY.total_seconds()
        )

    def record(self, *, workspace: UUID, meeting: UUID, room: str, identity: str,
               now: datetime) -> str:  # fmt: skip
        """For a program that records one visit: it hears and sees, and shows nothing."""
        claims = Claims(
            identity=identity,
            attributes={"ws": str(workspace), "role": "recorder", "meeting": str(meeting)},
            kind="egress",
            video=VideoGrant(
                room_join=True, room=room, can_publish=False, can_publish_data=False,
                can_subscribe=True, hidden=True, recorder=True,
            ),
        )  # fmt: skip
        validity = RECORDER_VALIDITY.total_seconds()
        return mint(claims, self.key, self.secret, now=now.timestamp(), validity=validity)
