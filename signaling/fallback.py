"""Who is to connect by TCP or TLS only, remembered by identity for its next joins (LiveKit).

Clients ask for it to test networks that let nothing else through, and join anew at once. By TLS
they reach our relay, which reaches the media by UDP; without a relay they have only TCP itself.
"""

from dataclasses import replace

from livekit.protocol import rtc

from sfu.media import NodeInfo
from signaling.config import SignalingConfig

TTL = 300.0  # seconds (LiveKit)

Protocol = rtc.CandidateProtocol


class Fallbacks:
    def __init__(self) -> None:
        self._by_identity: dict[str, tuple[Protocol, float]] = {}  # and until when

    def set(self, identity: str, protocol: Protocol, now: float) -> None:
        """UDP: everything again."""
        kept = {who: entry for who, entry in self._by_identity.items() if now < entry[1]}
        if protocol == Protocol.UDP:
            kept.pop(identity, None)
        else:
            kept[identity] = protocol, now + TTL
        self._by_identity = kept

    def of(self, identity: str, now: float) -> Protocol:
        protocol, until = self._by_identity.get(identity, (Protocol.UDP, 0.0))
        return protocol if now < until else Protocol.UDP


def has_relay(config: SignalingConfig) -> bool:
    """One that clients reach by TLS."""
    urls = [url for server in config.ice_servers for url in server.urls]
    if config.relay is not None:
        urls += config.relay.urls
    return any(map(is_by_tls, urls))


def is_by_tls(url: str) -> bool:
    return url.startswith("turns:")


def restricted(node: NodeInfo, protocol: Protocol, *, relayed: bool) -> NodeInfo:
    """The node with those of its addresses that may be used; all, when there is no other way.

    `relayed`: it is the relay that uses them, and relays go on by UDP.
    """
    if protocol == Protocol.UDP or relayed:
        return node
    candidates = [one for one in node.candidates if one.protocol == "tcp"]
    return replace(node, candidates=candidates) if candidates else node
