"""The media server of a clinic under test: a real conference with pretended media."""

from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import Message
from livekit.protocol import models

from api.clinic.attendance import Attendance
from api.clinic.clinic import Clinic
from api.clinic.signer import Signer
from signaling.administration import Failure, administer
from signaling.admission import Refused, Visit
from signaling.conference import Conference
from signaling.config import SignalingConfig
from tests.api.house import Person
from tests.signaling.browser import Offers
from tests.signaling.stage import KEYS, Client, Stage, join_request, wrap

T = TypeVar("T")
START = 100.0  # of the stage's time


class Floor:
    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.attendance = Attendance(clinic)
        self._epoch = clinic.store.now().timestamp() - START
        self.stage = Stage(
            SignalingConfig(tells_events=True), guard=clinic.doors, epoch=self._epoch
        )
        clinic.signer = Signer(*next(iter(KEYS.items())))
        clinic.rooms.media = self
        clinic.servers = lambda identity: [{"urls": ["turn:r.example"], "username": identity}]

    async def administer(self, method: str, request: Message) -> Message:
        answers: list[Message | Failure] = []
        self._go()
        administer(self.stage.conference, method, request, answers.append, self.stage.now)
        self.stage.drain()
        self._hear()
        (answer,) = answers
        if isinstance(answer, Failure):
            raise answer
        return answer

    async def act(self, action: Callable[[Conference, float], T]) -> T:
        return action(self.stage.conference, self.stage.now)

    async def join(self, token: str) -> Client:
        """With media. Raises Refused."""
        self._go()
        offers = Offers()
        query = {"access_token": token, "join_request": wrap(join_request(offers.sdp()))}
        session = self.stage.enter(Visit(single=True, query=query))
        client = Client(self.stage, session, offers, single=True)
        client.connect()
        await self.settle()
        return client

    async def refuses(self, token: str) -> str:
        """Why, as the client gets to read it."""
        try:
            await self.join(token)
        except Refused as refused:
            return f"{refused.status} {refused.text.partition(':')[0]}"
        return ""

    async def leave(self, client: Client) -> None:
        self._go()
        client.say(leave={})
        await self.settle()

    async def come(self, person: Person, meeting: str) -> Client:
        """By a token that the API gives."""
        ticket = await person.ask("POST", "/livekit/token", {"meetingId": meeting}, 201)
        return await self.join(ticket["token"])

    async def settle(self) -> None:
        """What was seen is written."""
        self.stage.drain()
        self._hear()
        assert await self.attendance.write()

    async def end_calls(self, room: str) -> None:
        """All hang up, and the room ends a while later."""
        for participant in list(self.stage.conference.rooms[room].participants.values()):
            participant.end(models.DisconnectReason.CLIENT_INITIATED, self.stage.now)
        self.stage.wait(60)
        await self.settle()

    def identities(self, room: str) -> set[str]:
        found = self.stage.conference.rooms.get(room)
        return set(found.identities) if found is not None else set()

    def _go(self) -> None:
        self.stage.now = max(self.stage.now, self.clinic.store.now().timestamp() - self._epoch)

    def _hear(self) -> None:
        self.attendance.hear(self.stage.conference.take_notices())
