"""v0: the client offers what it publishes on one peer connection, we what it gets on another."""

from livekit.protocol import rtc

from signaling.downlink import Downlink
from signaling.negotiation.outcome import ClientRules
from signaling.peer import Peer, add_transport, answer_offer, new_answerer


class DualConnection:
    def __init__(self, peer: Peer, rules: ClientRules, *, subscribes: bool) -> None:
        self._peer = peer
        self._rules = rules
        self._context = peer.context
        self._answerer = new_answerer(peer, rules, single=False)
        uplink, downlink = f"{peer.sid}/0", f"{peer.sid}/1"
        add_transport(peer, uplink, self._answerer.local, carries_data=not subscribes)
        self.primary = uplink
        self._downlink: Downlink | None = None
        if subscribes:
            self.primary = downlink
            self._downlink = Downlink(downlink, peer, rules)

    def open(self, now: float) -> None:
        if self._downlink is not None:
            self._downlink.offer(now)

    def receive_offer(self, offer: rtc.SessionDescription, now: float) -> None:
        outcome = answer_offer(self._answerer, self._peer, offer, [], now)
        if outcome is not None:
            self._peer.apply(outcome, now)

    def receive_answer(self, answer: rtc.SessionDescription, now: float) -> None:
        if self._downlink is not None:
            self._downlink.receive_answer(answer, now)

    def receive_pending(self, now: float) -> None:
        self._peer.apply(self._answerer.receive_pending(self._peer.pending), now)

    def change_wishes(self, now: float) -> None:
        if self._downlink is not None:
            self._downlink.change_wishes(now)
        elif self._peer.wishes():
            self._begin_late(now)

    def remove_publication(self, track: str, now: float) -> None:
        self._peer.apply(self._answerer.remove_publication(track), now)

    def resume(self, now: float) -> None:
        if self._downlink is not None:
            self._downlink.resume(now)

    def _begin_late(self, now: float) -> None:
        """The right to subscribe came after the join: media here, data stays where it is."""
        transport = f"{self._peer.sid}/1"
        self._downlink = Downlink(transport, self._peer, self._rules, carries_data=False)
        self._downlink.offer(now)

    def close(self) -> None:
        if self._downlink is not None:
            self._downlink.close()
