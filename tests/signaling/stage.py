"""A conference with pretended media and pretended time, and clients that talk to it."""

import base64
import gzip
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from livekit.protocol import models, rtc

from sfu import commands, events
from sfu.commands import Command
from sfu.media import Candidate, Fingerprint, NodeInfo
from signaling.admission import Guard, Visit
from signaling.conference import Conference
from signaling.config import SignalingConfig
from signaling.session import Session
from signaling.tokens import Claims, VideoGrant, mint
from tests.signaling.browser import Offers, answer

EPOCH = 1_790_000_000.0
KEYS = {"devkey": "secret"}

NODE = NodeInfo(
    node_id="ND_test",
    candidates=[Candidate("udp", "192.0.2.1", 7882), Candidate("tcp", "192.0.2.1", 7881)],
    fingerprint=Fingerprint("sha-256", ":".join(["CD"] * 32)),
)


class Stage:
    """All commands that media would have got are in `commands`."""

    def __init__(
        self,
        config: SignalingConfig | None = None,
        nodes: Sequence[NodeInfo] = (NODE,),
        *,
        guard: Guard | None = None,
        epoch: float = EPOCH,
    ) -> None:
        self.now = 100.0
        dice = random.Random(7).randbytes
        self.conference = Conference(
            config or SignalingConfig(), KEYS, dice, epoch=epoch, guard=guard
        )
        for node in nodes:
            self.conference.add_node(node)
        self.sequences: dict[str, int] = {}  # last reliable packets that media got, by sid
        self.tells_sequences = True
        self.sent_to: dict[str, list[Command]] = {}  # by node id
        self.commands: list[Command] = []

    def visit(
        self,
        identity: str,
        request: rtc.JoinRequest | None = None,
        *,
        room: str = "ward",
        query: dict[str, str] | None = None,
        claims: dict[str, Any] | None = None,
        **grant: Any,
    ) -> Visit:
        """`request` None: v0."""
        video = VideoGrant(room_join=True, room=room, **grant)
        token = mint(
            Claims(identity=identity, video=video, **(claims or {})),
            "devkey",
            "secret",
            now=EPOCH + self.now,
        )
        parameters = {"access_token": token, "protocol": "17", "sdk": "js"} | (query or {})
        if request is not None:
            parameters["join_request"] = wrap(request)
        return Visit(single=request is not None, query=parameters)

    def enter(self, visit: Visit) -> Session:
        session = self.conference.join(self.conference.admit(visit, self.now), self.now)
        session.begin(self.now)
        self.drain()
        return session

    def join(
        self, identity: str, *, single: bool = True, has_vp9: bool = False, **rest: Any
    ) -> "Client":
        """With a bundled offer in v1."""
        offers = Offers() if single else Offers(0, 0)
        offers.has_vp9 = has_vp9
        request = join_request(offers.sdp()) if single else None
        session = self.enter(self.visit(identity, request, **rest))
        return Client(self, session, offers, single=single)

    def drain(self) -> list[Command]:
        taken = []
        for node_id, ordered in self.conference.take_commands().items():
            self.sent_to.setdefault(node_id, []).extend(ordered)
            taken += ordered
        self.commands += taken
        self.conference.take_ready()
        if self.tells_sequences:
            for asked in [c.peer for c in taken if isinstance(c, commands.TellSequence)]:
                self.tell(events.SequenceTold(asked, self.sequences.get(asked, 0)))
        return taken

    def tell(self, event: events.Event) -> None:
        self.conference.receive_event(event, self.now)
        self.drain()

    def wait(self, seconds: float) -> None:
        """Timers fire when they are due."""
        end = self.now + seconds
        while (when := self.conference.next_timeout()) is not None and when <= end:
            self.now = max(self.now, when)
            self.conference.handle_timeout(self.now)
            self.drain()
        self.now = end

    def sent(self, kind: type[Any]) -> list[Any]:
        return [command for command in self.commands if isinstance(command, kind)]


class Client:
    def __init__(self, stage: Stage, session: Session, offers: Offers, *, single: bool) -> None:
        self.stage = stage
        self.session = session
        self.offers = offers
        self.single = single
        self.log: list[tuple[str, Any]] = []  # all messages, by kind
        self._read = 0
        self.fetch()
        joined = self.last("join") if self.heard("join") else None
        self.sid = joined.participant.sid if joined is not None else ""
        self._offer_id = 1

    # --- listening

    def fetch(self) -> None:
        for response in self.session.take_messages():
            kind = response.WhichOneof("message")
            assert kind is not None
            self.log.append((kind, getattr(response, kind)))

    def news(self) -> list[str]:
        """Kinds of message since the last call, in order."""
        self.fetch()
        kinds = [kind for kind, _ in self.log[self._read :]]
        self._read = len(self.log)
        return kinds

    def heard(self, kind: str) -> list[Any]:
        self.fetch()
        return [message for name, message in self.log if name == kind]

    def last(self, kind: str) -> Any:
        return self.heard(kind)[-1]

    def participants(self) -> dict[str, models.ParticipantInfo]:
        """As the last updates leave them, by identity."""
        self.fetch()
        known: dict[str, models.ParticipantInfo] = {}
        for kind, message in self.log:
            if kind == "join":
                known |= {p.identity: p for p in message.other_participants}
            elif kind == "update":
                known |= {p.identity: p for p in message.participants}
        return known

    # --- talking

    def say(self, **message: Any) -> None:
        self.session.receive_message(rtc.SignalRequest(**message), self.stage.now)
        self.stage.drain()

    def offer(self) -> rtc.SessionDescription:
        """Offer, and return the answer."""
        self._offer_id += 1
        sdp = self.offers.sdp()
        self.say(offer=rtc.SessionDescription(type="offer", sdp=sdp, id=self._offer_id))
        reply: rtc.SessionDescription = self.last("answer")
        assert reply.id == self._offer_id
        return reply

    def answer(self) -> None:
        """Accept the server's last offer (v0)."""
        offer = self.last("offer")
        self.say(answer=rtc.SessionDescription(type="answer", sdp=answer(offer.sdp), id=offer.id))

    def settle(self) -> None:
        """Do what the server asks for, until it asks no more."""
        for _ in range(5):
            kinds = self.news()
            if "media_sections_requirement" in kinds:
                wanted = self.last("media_sections_requirement")
                self.offers.add_receivers(wanted.num_audios, wanted.num_videos)
                self.offer()
            elif "offer" in kinds:
                self.answer()
            else:
                return

    def publish(self, cid: str, kind: str = "video", **fields: Any) -> str:
        """AddTrack and offer; returns the track's sid."""
        is_video = kind == "video"
        source = models.TrackSource.CAMERA if is_video else models.TrackSource.MICROPHONE
        self.say(
            add_track=rtc.AddTrackRequest(
                cid=cid, type=kind.upper(), **({"source": source} | fields)
            )
        )
        published = self.last("track_published")
        assert published.cid == cid
        self.offers.send(kind, cid, "qhf" if is_video else "")
        self.offer()
        sid: str = published.track.sid
        return sid

    # --- its media

    def connect(self) -> None:
        transports = ["0"] if self.single else ["1", "0"]
        for number in transports:
            self.media(events.TransportState.CONNECTED, number)
            self.stage.tell(events.ChannelsOpened(f"{self.sid}/{number}", self.sid))

    def media(self, state: events.TransportState, number: str = "0") -> None:
        self.stage.tell(events.TransportChanged(f"{self.sid}/{number}", self.sid, state))

    def lose_signal(self) -> None:
        self.session.lose(self.stage.now)
        self.stage.drain()

    def resume(self, **fields: Any) -> "Client":
        """The same client on a new connection."""
        fields = {"participant_sid": self.sid} | fields
        identity = self.last("join").participant.identity
        if self.single:
            visit = self.stage.visit(identity, rtc.JoinRequest(reconnect=True, **fields))
        else:
            query = {"reconnect": "1", "sid": fields["participant_sid"]}
            visit = self.stage.visit(identity, query=query)
        back = Client(self.stage, self.stage.enter(visit), self.offers, single=self.single)
        back.sid = self.sid
        return back


def wrap(request: rtc.JoinRequest) -> str:
    wrapped = rtc.WrappedJoinRequest(
        compression=rtc.WrappedJoinRequest.GZIP,
        join_request=gzip.compress(request.SerializeToString()),
    )
    return base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()


def join_request(sdp: str = "", **fields: Any) -> rtc.JoinRequest:
    settings = fields.pop("settings", rtc.ConnectionSettings(auto_subscribe=True))
    request = rtc.JoinRequest(
        client_info=models.ClientInfo(sdk="JS", protocol=17, browser="Chrome"),
        connection_settings=settings,
        **fields,
    )
    if sdp:
        request.publisher_offer.CopyFrom(rtc.SessionDescription(type="offer", sdp=sdp, id=1))
    return request


def transports(stage: Stage) -> list[commands.AddTransport]:
    return stage.sent(commands.AddTransport)


@contextmanager
def silence(*clients: Client) -> Iterator[None]:
    """Nothing is said to these clients meanwhile."""
    for client in clients:
        client.news()
    yield
    for client in clients:
        assert client.news() == []
