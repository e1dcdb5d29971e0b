"""Which STUN and TURN servers clients are told."""

import hmac
import time
from collections.abc import Callable
from typing import Any

from api.config import own_relay, signaling_config
from api.plan import Plan
from api.relay import Relay
from api.rest.passwords import CHARACTERS, Minting
from signaling.config import OwnRelay
from signaling.messages import ice_servers

Servers = Callable[[str], list[dict[str, Any]]]


def offered(plan: Plan, relay: Relay | None) -> OwnRelay | None:
    """Our own relay, as clients are told of it."""
    return own_relay(plan, relay.urls) if relay is not None and relay.urls else None


def minting(plan: Plan, relay: Relay | None) -> Minting | None:
    """Of passwords for programs that ask for one."""
    if relay is None or not relay.urls:
        return None
    ttl = own_relay(plan, relay.urls).ttl
    return Minting(relay.urls, plan.keys, plan.settings.turn.secrets, ttl)


def servers_by_name(plan: Plan, relay: Relay | None) -> Servers:
    """STUN and TURN for a name, which the network sees."""
    config = signaling_config(plan.settings, offered(plan, relay))

    def tell(name: str) -> list[dict[str, Any]]:
        return [
            {
                "urls": list(server.urls),
                "username": server.username or None,
                "credential": server.credential or None,
            }
            for server in ice_servers(config, name, time.time())
        ]

    return tell


def servers(plan: Plan, relay: Relay | None) -> Servers:
    """The same for whoever has an identity. The name that the network sees is no person's."""
    by_name = servers_by_name(plan, relay)
    secret = next(iter(plan.keys.values())).encode()
    return lambda identity: by_name(
        hmac.digest(secret, identity.encode(), "sha256").hex()[:CHARACTERS]
    )
