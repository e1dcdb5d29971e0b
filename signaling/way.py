"""By which of our addresses one client is to reach the media, and whether by the relay."""

from dataclasses import replace

from livekit.protocol import models

from signaling.context import NodeContext
from signaling.fallback import Fallbacks, Protocol, has_relay, restricted, ways


class Way:
    """`node` stays the same object; its candidates are others after a fallback."""

    def __init__(
        self,
        context: NodeContext,
        fallbacks: Fallbacks,
        identity: str,
        client: models.ClientInfo,
        now: float,
    ) -> None:
        self.node = replace(context.node)
        self._context = context
        self._fallbacks = fallbacks
        self._identity = identity
        self._client = client
        self._choose(now)

    def lose(self, lasted: float, last_heard: float, now: float) -> None:
        """The media, there for so many seconds, is lost: perhaps it shall come by another way.

        `last_heard`: the client's last message. Where that is long ago the whole network was away,
        and every way with it.
        """
        config = self._context.config
        is_heard = now - last_heard < 2 * config.timers.ping_interval
        if not is_heard or not config.allow_tcp_fallback:
            return
        found = ways(self._context.node, config, self._client)
        if self._fallbacks.fail(self._identity, lasted, found, now):
            self._choose(now)

    def _choose(self, now: float) -> None:
        """What is told from here on: with an answer, or an offer of ours."""
        candidates = self._context.node.candidates
        self.protocol = self._fallbacks.of(self._identity, now)
        self.needs_relay = self.protocol == Protocol.TLS and has_relay(self._context.config)
        self.node.candidates = restricted(candidates, self.protocol, relayed=self.needs_relay)
