"""v1: one peer connection, on which the client makes every offer."""

from livekit.protocol import rtc

from signaling import messages
from signaling.negotiation.outcome import ClientRules, Outcome
from signaling.peer import Peer, add_transport, answer_offer, new_answerer
from signaling.timers import Timer, cancel

MAX_REPEATS = 5  # of a requirement that is not answered


class SingleConnection:
    """We ask for an offer when there is something to change."""

    def __init__(self, peer: Peer, rules: ClientRules) -> None:
        self._peer = peer
        self._context = peer.context
        self.primary = f"{peer.sid}/0"
        self._answerer = new_answerer(peer, rules, single=True)
        self._has_offer = False
        self._repeats = 0
        self._repeat: Timer | None = None
        add_transport(peer, self.primary, self._answerer.local)

    def open(self, now: float) -> None:
        """The client speaks first."""

    def receive_offer(self, offer: rtc.SessionDescription, now: float) -> None:
        outcome = answer_offer(self._answerer, self._peer, offer, self._peer.wishes(), now)
        if outcome is None:
            return
        self._has_offer = True
        self._stop_repeating()
        self._finish(outcome, now)

    def receive_answer(self, answer: rtc.SessionDescription, now: float) -> None:
        """We have offered nothing."""

    def receive_pending(self, now: float) -> None:
        self._finish(self._answerer.receive_pending(self._peer.pending), now)

    def change_wishes(self, now: float) -> None:
        if self._has_offer:
            self._finish(self._answerer.receive_wishes(self._peer.wishes()), now)

    def remove_publication(self, track: str, now: float) -> None:
        self._finish(self._answerer.remove_publication(track), now)

    def resume(self, now: float) -> None:
        """The client restarts ICE with an offer of its own, which serves every wish."""
        self._answerer.forget_request()
        self._stop_repeating()
        self._repeat_later(now)

    def close(self) -> None:
        self._stop_repeating()

    def _finish(self, outcome: Outcome, now: float) -> None:
        self._peer.apply(outcome, now)
        if outcome.needs_offer and self._peer.is_reachable:
            self._peer.send(messages.requirement(*outcome.missing))
            self._repeat_later(now)

    def _repeat_later(self, now: float) -> None:
        cancel(self._repeat)
        self._repeat = self._context.timers.at(
            now + self._context.config.timers.requirement, self._ask_again
        )

    def _ask_again(self, now: float) -> None:
        self._repeat = None
        if self._repeats < MAX_REPEATS and self._peer.is_reachable:
            self._repeats += 1
            self._answerer.forget_request()
            self.change_wishes(now)

    def _stop_repeating(self) -> None:
        cancel(self._repeat)
        self._repeat = None
        self._repeats = 0
