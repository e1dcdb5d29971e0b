"""What one participant and the server say to each other, without a socket.

Feed it the server's messages; take requests to send and things to do. It publishes at once, takes
every track that it is offered, and asks for the layer that the plan wishes.
"""

import base64
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from livekit.protocol import models
from livekit.protocol import rtc as proto

from api.loadtest.description import (
    Down,
    Offers,
    make_answer,
    read_candidates,
    read_down,
    read_remote,
)
from api.loadtest.link import Link, Remote
from api.loadtest.plan import RATES, SIZES
from signaling.negotiation.sdp import Description

AUDIO_CID, VIDEO_CID = "load-audio", "load-video"
RECEIVERS = 3  # sections of each kind in a first offer of a single connection (livekit-client)
CLIENT = models.ClientInfo(sdk=models.ClientInfo.GO, version="2.9.0", protocol=16)


class Which(StrEnum):
    """Peer connections by their targets."""

    PUBLISHER = "publisher"  # the only one of a single connection
    SUBSCRIBER = "subscriber"


TARGETS = {
    Which.PUBLISHER: proto.SignalTarget.PUBLISHER,
    Which.SUBSCRIBER: proto.SignalTarget.SUBSCRIBER,
}


@dataclass(slots=True)
class Connect:
    """Do: begin this connection."""

    which: Which
    remote: Remote
    offers: bool


@dataclass(slots=True)
class Receive:
    """Do: expect these tracks."""

    which: Which
    tracks: list[Down]


@dataclass(slots=True)
class Rules:
    """What the plan says about this participant."""

    is_single: bool
    publishes: bool
    audio: bool
    video: bool
    ssrc: int  # of the sound
    wish: Callable[[str], models.VideoQuality]  # publisher's identity -> layer
    rates: Sequence[int] = RATES  # bit/s of the layers


@dataclass(slots=True)
class Conversation:
    """After each call take `requests` and `actions`."""

    rules: Rules
    publisher: Link
    subscriber: Link
    requests: list[proto.SignalRequest] = field(default_factory=list)
    actions: list[Connect | Receive] = field(default_factory=list)
    mids: dict[str, str] = field(default_factory=dict)  # cid -> mid
    ended: str = ""  # why the server has sent us away
    subscribed: Counter[str] = field(default_factory=Counter)  # kind -> tracks that are sent to us
    _offers: Offers = field(init=False)
    _remotes: dict[Which, Remote] = field(default_factory=dict)
    _candidates: dict[Which, list[str]] = field(default_factory=dict)
    _connected: set[Which] = field(default_factory=set)
    _owners: dict[str, str] = field(default_factory=dict)  # track -> identity
    _known: set[str] = field(default_factory=set)  # tracks that we receive
    _wished: set[str] = field(default_factory=set)
    _unanswered: int = 0
    _offer_again: bool = False

    def __post_init__(self) -> None:
        self._offers = Offers(self.publisher)

    def path(self) -> str:
        """The request target, without the token."""
        if not self.rules.is_single:
            return "/rtc?auto_subscribe=1&sdk=go&version=2.9.0&protocol=16"
        self._prepare_offer()
        offer = proto.SessionDescription(type="offer", sdp=self._offers.make(), id=1)
        self._unanswered = 1
        join = proto.JoinRequest(
            client_info=CLIENT,
            connection_settings=proto.ConnectionSettings(auto_subscribe=True),
            add_track_requests=self._tracks(),
            publisher_offer=offer,
        )
        wrapped = proto.WrappedJoinRequest(join_request=join.SerializeToString())
        text = base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()
        return f"/rtc/v1?join_request={text}"

    def receive(self, message: proto.SignalResponse) -> None:
        kind = message.WhichOneof("message")
        handler = HANDLERS.get(kind or "")
        if handler is not None:
            handler(self, message)

    def ping(self, now: float) -> None:
        ping = proto.Ping(timestamp=int(now * 1000))
        self.requests.append(proto.SignalRequest(ping_req=ping))

    def tell_candidate(self, which: Which, host: str, port: int) -> None:
        """Where we are: a full ICE agent takes its time with addresses that it only saw."""
        line = f"candidate:1 1 udp 2130706431 {host} {port} typ host"
        init = json.dumps({"candidate": line, "sdpMid": "0", "sdpMLineIndex": 0})
        target = proto.SignalTarget.Name(TARGETS[which])
        trickle = proto.TrickleRequest(candidateInit=init, target=target, final=True)
        self.requests.append(proto.SignalRequest(trickle=trickle))

    def leave(self) -> None:
        leave = proto.LeaveRequest(
            reason=models.DisconnectReason.CLIENT_INITIATED,
            action=proto.LeaveRequest.DISCONNECT,
        )
        self.requests.append(proto.SignalRequest(leave=leave))

    def _receive_join(self, message: proto.SignalResponse) -> None:
        for participant in message.join.other_participants:
            self._learn(participant)
        if self.rules.publishes and not self.rules.is_single:
            for track in self._tracks():
                self.requests.append(proto.SignalRequest(add_track=track))
            self._prepare_offer()
            self._send_offer()

    def _receive_offer(self, message: proto.SignalResponse) -> None:
        description = Description.parse(message.offer.sdp)
        self._connect(Which.SUBSCRIBER, read_remote(description), offers=False)
        self._expect(Which.SUBSCRIBER, description)
        answer = make_answer(description, self.subscriber)
        text = proto.SessionDescription(type="answer", sdp=answer, id=message.offer.id)
        self.requests.append(proto.SignalRequest(answer=text))
        self._wish()

    def _receive_answer(self, message: proto.SignalResponse) -> None:
        description = Description.parse(message.answer.sdp)
        self._unanswered -= 1
        self._connect(Which.PUBLISHER, read_remote(description), offers=True)
        if self.rules.is_single:
            self._expect(Which.PUBLISHER, description)
            self._wish()
        if self._offer_again and not self._unanswered:
            self._send_offer()

    def _receive_trickle(self, message: proto.SignalResponse) -> None:
        is_ours = message.trickle.target == proto.SignalTarget.PUBLISHER
        which = Which.PUBLISHER if is_ours else Which.SUBSCRIBER
        found = json.loads(message.trickle.candidateInit or "{}").get("candidate", "")
        self._candidates.setdefault(which, []).append(found)
        if which in self._remotes:
            self._connect(which, self._remotes[which], offers=is_ours)

    def _receive_update(self, message: proto.SignalResponse) -> None:
        for participant in message.update.participants:
            self._learn(participant)

    def _receive_requirement(self, message: proto.SignalResponse) -> None:
        needed = message.media_sections_requirement
        for kind, count in (("audio", needed.num_audios), ("video", needed.num_videos)):
            for _ in range(count):
                self._offers.add(kind)
        self._send_offer()

    def _receive_leave(self, message: proto.SignalResponse) -> None:
        self.ended = models.DisconnectReason.Name(message.leave.reason)

    def _connect(self, which: Which, remote: Remote, *, offers: bool) -> None:
        """Once there is an address."""
        self._remotes[which] = remote
        known = [*remote.candidates, *read_candidates(self._candidates.get(which, []))]
        if which in self._connected or not known:
            return
        self._connected.add(which)
        whole = Remote(
            remote.ice,
            remote.fingerprint,
            remote.setup,
            tuple(known),
            remote.is_lite,
            remote.has_data,
        )
        self.actions.append(Connect(which, whole, offers))

    def _expect(self, which: Which, description: Description) -> None:
        fresh = [down for down in read_down(description) if down.track not in self._known]
        self._known.update(down.track for down in fresh)
        self.subscribed.update(down.kind for down in fresh)
        if fresh:
            self.actions.append(Receive(which, fresh))

    def _learn(self, participant: models.ParticipantInfo) -> None:
        for track in participant.tracks:
            if track.type == models.TrackType.VIDEO:
                self._owners[track.sid] = participant.identity
        self._wish()

    def _wish(self) -> None:
        """Ask for a layer of each picture that we receive, once its publisher is known."""
        for track in sorted((self._known & self._owners.keys()) - self._wished):
            self._wished.add(track)
            quality = self.rules.wish(self._owners[track])
            settings = proto.UpdateTrackSettings(track_sids=[track], quality=quality)
            self.requests.append(proto.SignalRequest(track_setting=settings))

    def _prepare_offer(self) -> None:
        if self.rules.is_single:
            for kind in ("audio", "video"):
                for _ in range(RECEIVERS):
                    self._offers.add(kind)
        self._offers.add("application")
        if self.rules.publishes and self.rules.audio:
            self.mids[AUDIO_CID] = self._offers.add("audio", AUDIO_CID, self.rules.ssrc)
        if self.rules.publishes and self.rules.video:
            self.mids[VIDEO_CID] = self._offers.add("video", VIDEO_CID)

    def _send_offer(self) -> None:
        """One at a time."""
        self._offer_again = self._unanswered > 0
        if self._offer_again:
            return
        self._unanswered += 1
        sdp = self._offers.make()
        offer = proto.SessionDescription(type="offer", sdp=sdp, id=self._offers.version)
        self.requests.append(proto.SignalRequest(offer=offer))

    def _tracks(self) -> list[proto.AddTrackRequest]:
        if not self.rules.publishes:
            return []
        audio = proto.AddTrackRequest(
            cid=AUDIO_CID,
            name="voice",
            type=models.TrackType.AUDIO,
            source=models.TrackSource.MICROPHONE,
            disable_red=True,
        )
        wanted = [audio] if self.rules.audio else []
        return [*wanted, camera(self.rules.rates)] if self.rules.video else wanted


def camera(rates: Sequence[int]) -> proto.AddTrackRequest:
    layers = [
        models.VideoLayer(
            quality=models.VideoQuality.Name(quality), width=width, height=height, bitrate=rate
        )
        for quality, ((width, height), rate) in enumerate(zip(SIZES, rates, strict=True))
    ]
    return proto.AddTrackRequest(
        cid=VIDEO_CID,
        name="picture",
        type=models.TrackType.VIDEO,
        source=models.TrackSource.CAMERA,
        width=SIZES[-1][0],
        height=SIZES[-1][1],
        layers=layers,
        simulcast_codecs=[proto.SimulcastCodec(codec="vp8", cid=VIDEO_CID, layers=layers)],
    )


HANDLERS: dict[str, Callable[[Conversation, proto.SignalResponse], None]] = {
    "join": Conversation._receive_join,
    "offer": Conversation._receive_offer,
    "answer": Conversation._receive_answer,
    "trickle": Conversation._receive_trickle,
    "update": Conversation._receive_update,
    "media_sections_requirement": Conversation._receive_requirement,
    "leave": Conversation._receive_leave,
}
