"""How a participant comes back by a resume, and what `simulate` lets befall it meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass

from livekit.protocol import models

from signaling import messages
from signaling.messages import Action
from signaling.session import Session


@dataclass(slots=True)
class Return:
    """A resume that waits for the media plane's word on what has arrived."""

    session: Session
    welcome: Callable[[int, float], None]  # gets the last message's sequence number

    def refuse(self) -> None:
        self.session.send(messages.leave(models.DisconnectReason.STATE_MISMATCH, Action.RECONNECT))
        self.session.finish()


@dataclass(slots=True)
class Accidents:
    """Ordered by `simulate`: what shall befall the next resumes."""

    cut_until: float = float("-inf")  # until then one is closed after its first messages
    silent_until: float = float("-inf")
    silent: int = 0  # until then as many are closed before any message

    def cut(self, now: float) -> bool:
        """Once (LiveKit)."""
        is_due, self.cut_until = now < self.cut_until, float("-inf")
        return is_due

    def silence(self, now: float) -> bool:
        if self.silent == 0 or now >= self.silent_until:
            return False
        self.silent -= 1
        return True
