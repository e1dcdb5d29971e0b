"""A participant's peer connections as the rest of signaling sees them, and what they need of it."""

import logging
from typing import Protocol

from livekit.protocol import rtc

from sfu.commands import AddTransport
from sfu.media import IceCredentials, NodeInfo
from signaling import messages
from signaling.context import NodeContext
from signaling.negotiation.answerer import Answerer
from signaling.negotiation.outcome import ClientRules, NegotiationError, Outcome, PendingTrack, Wish

_log = logging.getLogger(__name__)


class Peer(Protocol):
    """What a connection needs of its participant."""

    sid: str
    context: NodeContext
    node: NodeInfo  # with the addresses that this client may use

    @property
    def pending(self) -> list[PendingTrack]: ...
    @property
    def is_reachable(self) -> bool: ...
    def wishes(self) -> list[Wish]: ...
    def send(self, response: rtc.SignalResponse) -> None: ...
    def apply(self, outcome: Outcome, now: float) -> None: ...
    def restart(self, now: float) -> None: ...


class Connection(Protocol):
    primary: str  # the transport that makes a participant active

    def open(self, now: float) -> None:
        """Right after the JoinResponse."""

    def receive_offer(self, offer: rtc.SessionDescription, now: float) -> None: ...
    def receive_answer(self, answer: rtc.SessionDescription, now: float) -> None: ...
    def receive_pending(self, now: float) -> None:
        """A track was announced."""

    def change_wishes(self, now: float) -> None: ...
    def remove_publication(self, track: str, now: float) -> None: ...
    def resume(self, now: float) -> None:
        """A new signaling connection is there; messages on the old one may have been lost."""

    def close(self) -> None: ...


def uplink(peer: str) -> str:
    """The transport on which a client publishes."""
    return f"{peer}/0"


def add_transport(
    peer: Peer,
    transport: str,
    local: IceCredentials,
    *,
    carries_data: bool = True,
    opens_channels: bool = False,
) -> None:
    config = peer.context.config
    peer.context.commands.append(
        AddTransport(
            transport=transport,
            peer=peer.sid,
            local=local,
            carries_data=carries_data,
            opens_channels=opens_channels,
            lossy_latency=config.lossy_latency,
            frame_latency=config.frame_latency,
        )
    )


def new_answerer(peer: Peer, rules: ClientRules, *, single: bool) -> Answerer:
    context = peer.context
    return Answerer(uplink(peer.sid), peer.sid, peer.node, rules, context.randbytes, single=single)


def answer_offer(
    answerer: Answerer, peer: Peer, offer: rtc.SessionDescription, wishes: list[Wish], now: float
) -> Outcome | None:
    """Send the answer; None when there is none."""
    try:
        outcome = answerer.receive_offer(offer.sdp, peer.pending, wishes)
    except NegotiationError as error:
        _log.info("%s: offer refused: %s", peer.sid, error)
        peer.restart(now)
        return None
    peer.send(
        rtc.SignalResponse(
            answer=messages.description("answer", outcome.sdp, offer.id, outcome.mid_to_track_id)
        )
    )
    return outcome
