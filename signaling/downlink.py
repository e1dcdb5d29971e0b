"""Our offers to a v0 subscriber: one at a time, and not too close to each other."""

import logging

from livekit.protocol import rtc

from signaling import messages
from signaling.negotiation.offerer import Offerer
from signaling.negotiation.outcome import ClientRules, NegotiationError
from signaling.peer import Peer, add_transport
from signaling.timers import Timer, cancel

_log = logging.getLogger(__name__)


class Downlink:
    def __init__(
        self, transport: str, peer: Peer, rules: ClientRules, *, carries_data: bool = True
    ) -> None:
        self._peer = peer
        self._timers = peer.context.timers
        self._times = peer.context.config.timers
        context = peer.context
        self._offerer = Offerer(transport, peer.sid, peer.node, rules, context.randbytes)
        self._number = context.randbytes(1)[0]  # of the last offer
        self._offered_at = float("-inf")
        self._is_due = False  # something has changed since the last offer
        self._debounce: Timer | None = None
        self._deadline: Timer | None = None
        add_transport(
            peer,
            transport,
            self._offerer.local,
            carries_data=carries_data,
            opens_channels=carries_data,
        )

    def change_wishes(self, now: float) -> None:
        """Before the first offer there is nothing to change: it takes all wishes as they are."""
        if self._offered_at == float("-inf"):
            return
        outcome = self._offerer.receive_wishes(self._peer.wishes())
        self._peer.apply(outcome, now)
        if outcome.needs_offer:
            self._is_due = True
            self._offer_when_allowed(now)

    def offer(self, now: float, *, restart: bool = False) -> None:
        self._is_due = False
        self._offered_at = now
        self._number += 1
        outcome = self._offerer.make_offer(self._peer.wishes(), restart=restart)
        self._peer.send(
            rtc.SignalResponse(
                offer=messages.description(
                    "offer", outcome.sdp, self._number, outcome.mid_to_track_id
                )
            )
        )
        self._peer.apply(outcome, now)
        cancel(self._deadline)
        self._deadline = self._timers.at(now + self._times.negotiation, self._give_up)

    def receive_answer(self, answer: rtc.SessionDescription, now: float) -> None:
        """An answer to an offer that was overtaken is ignored; id 0 is "the last one"."""
        if answer.id not in (0, self._number) or not self._offerer.awaits_answer:
            return
        try:
            outcome = self._offerer.receive_answer(answer.sdp, self._peer.wishes())
        except NegotiationError as error:
            _log.info("%s: answer refused: %s", self._peer.sid, error)
            self._peer.restart(now)
            return
        cancel(self._deadline)
        self._deadline = None
        self._peer.apply(outcome, now)
        if outcome.needs_offer or self._is_due:
            self._is_due = True
            self._offer_when_allowed(now)

    def resume(self, now: float) -> None:
        self._offerer.forget_offer()
        self.offer(now, restart=True)

    def close(self) -> None:
        cancel(self._debounce)
        cancel(self._deadline)

    def _offer_when_allowed(self, now: float) -> None:
        """At once when the last offer is old enough; several changes make one offer."""
        if self._offerer.awaits_answer or not self._peer.is_reachable:
            return
        allowed_at = self._offered_at + self._times.offer_debounce
        if now >= allowed_at:
            self.offer(now)
            return
        cancel(self._debounce)
        self._debounce = self._timers.at(allowed_at, self._offer_if_due)

    def _offer_if_due(self, now: float) -> None:
        self._debounce = None
        if self._is_due:
            self._offer_when_allowed(now)

    def _give_up(self, now: float) -> None:
        self._deadline = None
        if self._peer.is_reachable:
            self._peer.restart(now)
