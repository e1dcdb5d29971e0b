"""What the clinic asks of the media server: rooms opened, told, emptied of somebody, ended."""

import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from google.protobuf.message import Message
from livekit.protocol import models, room

from signaling.administration import Failure
from signaling.conference import Conference

T = TypeVar("T")

TOPIC = "housecall"  # of data that come from the clinic
EMPTY = 15 * 60  # seconds that a room waits for the first


class Media(Protocol):
    async def administer(self, method: str, request: Message) -> Message:
        """Raises Failure."""

    async def act(self, action: Callable[[Conference, float], T]) -> T:
        """Look at the conference, or change it."""


class Quality(StrEnum):
    POOR = "poor"
    GOOD = "good"
    EXCELLENT = "excellent"
    LOST = "lost"


QUALITIES = list(Quality)  # by LiveKit's numbers


class Rooms:
    """`media`: None where no calls are, as on the command line. That a room or somebody is not
    there is no error: the clinic cannot know."""

    def __init__(self, media: Media | None = None) -> None:
        self.media = media

    async def open(self, name: str, told: Mapping[str, object]) -> None:
        request = room.CreateRoomRequest(
            name=name, empty_timeout=EMPTY, metadata=json.dumps(told, sort_keys=True)
        )
        await self._ask("RoomService/CreateRoom", request)

    async def tell(self, name: str, told: Mapping[str, object]) -> None:
        """All who are there."""
        metadata = json.dumps(told, sort_keys=True)
        request = room.UpdateRoomMetadataRequest(room=name, metadata=metadata)
        await self._ask("RoomService/UpdateRoomMetadata", request)

    async def send(self, name: str, to: Sequence[str], content: Mapping[str, object]) -> None:
        """To these identities."""
        request = room.SendDataRequest(
            room=name, destination_identities=to, topic=TOPIC,
            data=json.dumps(content, sort_keys=True).encode(),
            kind=models.DataPacket.Kind.RELIABLE,
        )  # fmt: skip
        await self._ask("RoomService/SendData", request)

    async def remove(self, name: str, identity: str) -> None:
        request = room.RoomParticipantIdentity(room=name, identity=identity)
        await self._ask("RoomService/RemoveParticipant", request)

    async def send_agents_home(self, name: str) -> None:
        """All programs that listen there."""
        if self.media is None:
            return

        def read(conference: Conference, _: float) -> list[str]:
            found = conference.rooms.get(name)
            inside = () if found is None else found.participants.values()
            return [one.identity for one in inside if one.is_agent]

        for identity in await self.media.act(read):
            await self.remove(name, identity)

    async def close(self, name: str) -> None:
        await self._ask("RoomService/DeleteRoom", room.DeleteRoomRequest(room=name))

    async def qualities(self, name: str) -> dict[str, Quality]:
        """How well those who are there are connected, by identity, as far as it is known."""
        if self.media is None:
            return {}

        def read(conference: Conference, _: float) -> dict[str, Quality]:
            found = conference.rooms.get(name)
            told = {} if found is None else found.qualities
            named = {found.identity_of(sid): one for sid, one in told.items()} if found else {}
            return {i: QUALITIES[one.quality] for i, one in named.items() if i is not None}

        return await self.media.act(read)

    async def _ask(self, method: str, request: Message) -> Message | None:
        if self.media is None:
            return None
        try:
            return await self.media.administer(method, request)
        except Failure:
            return None


Servers = Callable[[str], list[dict[str, Any]]]  # STUN and TURN for an identity
