"""WHIP (RFC 9725): a publisher whose whole signaling is one HTTP request, as a session of ours.

The offer and what follows from it become what a client with one peer connection would say. Who has
named the tracks that it wants is answered when they are there, since it never asks again (LiveKit).
"""

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from livekit.protocol import models, rtc

from sfu.media import Kind
from signaling.admission import Refused, Visit
from signaling.conference import Conference
from signaling.negotiation.offer import Offer
from signaling.negotiation.outcome import NegotiationError
from signaling.negotiation.sdp import Description, SdpError, Section
from signaling.session import Session

PROTOCOL = 17
RIDS = {"q": 0, "h": 1, "f": 2, "2": 0, "1": 1, "0": 2}  # rid -> quality, as clients name them
SOURCES = {
    Kind.AUDIO: (models.TrackType.AUDIO, models.TrackSource.MICROPHONE, "whip-microphone"),
    Kind.VIDEO: (models.TrackType.VIDEO, models.TrackSource.CAMERA, "whip-camera"),
}
ICE = ("ice-ufrag", "ice-pwd")
CANDIDATES = ("a=candidate:", "a=end-of-candidates")
SECTIONS = re.compile(r"^(?=m=)", re.MULTILINE)
NOTHING: dict[str, list[str]] = {}
CREDENTIAL = re.compile(r"a=(ice-ufrag|ice-pwd):([A-Za-z0-9+/]{4,256})\s*")  # RFC 8839, 5.4


@dataclass(slots=True)
class Ingest:
    """One publisher. `is_over` of its session: it has left or was removed."""

    session: Session
    participant: str  # sid, the name of the resource
    identity: str = field(repr=False)
    room: str = field(repr=False)  # an identity is somebody in one room only
    offer: str = field(repr=False)
    answer: str = field(repr=False)
    ice_servers: list[rtc.ICEServer] = field(default_factory=list, repr=False)
    offers: int = 0
    wanted: Mapping[str, Iterable[str]] = field(default_factory=dict, repr=False)
    tracks: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)

    @property
    def is_ready(self) -> bool:
        """Are all tracks there that it wants? `wanted`: identities and names of their tracks."""
        return all(
            name in self.tracks.get(identity, {})
            for identity, names in self.wanted.items()
            for name in names
        )

    def hear(self, messages: Iterable[rtc.SignalResponse]) -> None:
        """Of the others it is told this."""
        for message in messages:
            told = message.join.other_participants, message.update.participants
            for participants in told:
                for one in participants:
                    named = {track.name: track.sid for track in one.tracks}
                    self.tracks[one.identity] = named

    @property
    def etag(self) -> str:
        """Of the ICE session: our user name in it."""
        return _values(Description.parse(self.answer), ICE[0])[0]


def begin(
    conference: Conference,
    visit: Visit,
    sdp: str,
    now: float,
    wanted: Mapping[str, Iterable[str]] = NOTHING,
) -> Ingest:
    """Without an answer while it is not ready: then call `answer`. Raises Refused(status, text)."""
    offer = _with_track_ids(sdp)
    request = _request(offer, subscribes=not wanted)
    wrapped = rtc.WrappedJoinRequest(join_request=request.SerializeToString())
    query = {
        **visit.query,
        "join_request": base64.urlsafe_b64encode(wrapped.SerializeToString()).decode(),
    }
    admitted = conference.admit(replace(visit, single=True, query=query), now)
    admitted = replace(admitted, is_bare=True)
    session = conference.join(admitted, now)
    messages = session.take_messages()
    joined = next(message.join for message in messages if message.HasField("join"))
    session.begin(now)
    ingest = Ingest(
        session,
        joined.participant.sid,
        joined.participant.identity,
        admitted.room,
        offer,
        "",
        list(joined.ice_servers),
        wanted=wanted,
    )
    ingest.hear(messages)
    if ingest.is_ready:
        answer(ingest, now)
    return ingest


def answer(ingest: Ingest, now: float) -> None:
    """Raises Refused."""
    if ingest.wanted:
        for tracks in _subscriptions(ingest):
            told = rtc.UpdateSubscription(track_sids=tracks, subscribe=True)
            ingest.session.receive_message(rtc.SignalRequest(subscription=told), now)
    _offer(ingest, now)


def _subscriptions(ingest: Ingest) -> tuple[list[str], list[str]]:
    """What it has named comes before the rest, for which there may be no room."""
    named = {
        ingest.tracks[identity][name] for identity, names in ingest.wanted.items() for name in names
    }
    everything = [sid for tracks in ingest.tracks.values() for sid in tracks.values()]
    return sorted(named), [sid for sid in everything if sid not in named]


def restart(ingest: Ingest, fragment: str, now: float) -> str:
    """New credentials of the client's (an ICE restart); ours, as a fragment. Raises Refused."""
    credentials = {name: _value(fragment, name) for name in ICE}
    offer = Description.parse(ingest.offer)
    for attributes in (offer.attributes, *(section.attributes for section in offer.sections)):
        for name in ICE:
            if name in attributes:
                attributes[name] = [credentials[name]]
    ingest.offer = str(offer)
    _offer(ingest, now)
    return _fragment(Description.parse(ingest.answer))


def end(ingest: Ingest, now: float) -> None:
    ingest.session.receive_message(rtc.SignalRequest(leave=rtc.LeaveRequest()), now)


def _offer(ingest: Ingest, now: float) -> None:
    ingest.offers += 1
    told = rtc.SessionDescription(type="offer", sdp=ingest.offer, id=ingest.offers)
    ingest.session.receive_message(rtc.SignalRequest(offer=told), now)
    answers = [m.answer.sdp for m in ingest.session.take_messages() if m.HasField("answer")]
    if not answers:
        raise Refused(400, "malformed SDP offer: it cannot be answered")
    ingest.answer = _with_candidates(answers[-1])


def _request(sdp: str, *, subscribes: bool) -> rtc.JoinRequest:
    try:
        offer = Offer.parse(sdp)
    except NegotiationError as error:
        raise Refused(400, f"malformed SDP offer: {error}") from None
    sections = offer.media.values()
    return rtc.JoinRequest(
        client_info=models.ClientInfo(protocol=PROTOCOL),
        connection_settings=rtc.ConnectionSettings(
            auto_subscribe=subscribes and any(section.receives for section in sections)
        ),
        add_track_requests=[
            _track(section.kind, section.track_id, section.section)
            for section in sections
            if section.sends
        ],
    )


def _track(kind: Kind, cid: str, section: Section) -> rtc.AddTrackRequest:
    type_, source, name = SOURCES[kind]
    request = rtc.AddTrackRequest(cid=cid, type=type_, source=source, name=name)
    rids = [line.split()[0] for line in section.values("rid") if line.endswith(" send")]
    for number, rid in enumerate(rids):
        request.layers.add(quality=RIDS.get(rid, min(number, 2)), rid=rid)
    return request


def _with_track_ids(sdp: str) -> str:
    """Many publishers do not name their tracks; ours must have names."""
    try:
        description = Description.parse(sdp)
    except SdpError as error:
        raise Refused(400, f"malformed SDP offer: {error}") from None
    for section in description.sections:
        sends = section.direction in ("sendonly", "sendrecv")
        is_media = section.kind in ("audio", "video")
        if sends and is_media and len((section.values("msid") or [""])[0].split()) < 2:
            section.attributes.pop("msid", None)
            section.add("msid", f"whip whip-{section.mid}")
    return str(description)


def _with_candidates(answer: str) -> str:
    """In each section: aiortc forgets those of the first when another one has none."""
    lines = [line for line in answer.splitlines() if line.startswith(CANDIDATES)]
    told = "".join(f"{line}\r\n" for line in lines)
    head, *sections = SECTIONS.split(answer)
    return head + "".join(each if told in each else each + told for each in sections)


def _values(description: Description, name: str) -> list[str]:
    """Of the session and all sections."""
    sections = (section.values(name) for section in description.sections)
    return [*description.attributes.get(name, []), *(v for values in sections for v in values)]


def _value(fragment: str, name: str) -> str:
    """Raises Refused."""
    lines = map(CREDENTIAL.fullmatch, fragment.splitlines())
    found = [line[2] for line in lines if line is not None and line[1] == name]
    if not found:
        raise Refused(400, f"invalid SDP fragment: no {name}")
    return found[0]


def _fragment(answer: Description) -> str:
    """Our side of a restart (RFC 8840, section 9)."""
    first = answer.sections[0]
    lines = [
        f"a=group:BUNDLE {' '.join(answer.bundle)}",
        "a=ice-lite",
        f"m={first.kind} {first.port} {first.proto} {' '.join(first.formats)}",
        f"a=mid:{first.mid}",
        *(f"a={name}:{_values(answer, name)[0]}" for name in ICE),
        *(f"a=candidate:{candidate}" for candidate in first.values("candidate")),
        "a=end-of-candidates",
    ]
    return "\r\n".join([*lines, ""])
