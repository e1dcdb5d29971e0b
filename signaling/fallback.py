"""Who is to connect by TCP or TLS only, remembered by identity for its next joins (LiveKit).

Clients ask for it to test networks that let nothing else through, and join anew at once. By TLS
they reach our relay, which reaches the media by UDP; without a relay they have only TCP itself.
And whose media is lost while its signaling goes on has a network that lets it through at first
only, such as one that cuts flows of UDP after some seconds: it comes back by the next way.
"""

from collections.abc import Iterable

from livekit.protocol import models, rtc

from sfu.media import Candidate, NodeInfo
from signaling.config import SignalingConfig

TTL = 300.0  # seconds (LiveKit)
SHORT = 90.0  # seconds: a connection that ends sooner was cut by its network (LiveKit)
AGAIN = 60.0  # seconds within which a second failure means the same (LiveKit)

Protocol = rtc.CandidateProtocol


class Fallbacks:
    def __init__(self) -> None:
        self._by_identity: dict[str, tuple[Protocol, float]] = {}  # and until when
        self._failed_at: dict[str, float] = {}  # by identity, lately

    def set(self, identity: str, protocol: Protocol, now: float) -> None:
        """UDP: everything again."""
        kept = {who: entry for who, entry in self._by_identity.items() if now < entry[1]}
        if protocol == Protocol.UDP:
            kept.pop(identity, None)
        else:
            kept[identity] = protocol, now + TTL
        self._by_identity = kept

    def fail(self, identity: str, lasted: float, ways: Iterable[Protocol], now: float) -> bool:
        """Its media, which was there for so many seconds, is lost, and not its signaling.

        True: it shall come back by the next of these ways, if there is one.
        """
        failed = {who: at for who, at in self._failed_at.items() if now - at < AGAIN}
        self._failed_at = failed
        if lasted >= SHORT and failed.pop(identity, None) is None:
            failed[identity] = now
            return False
        current = self.of(identity, now)
        further = [way for way in ways if way > current]
        if further:
            self.set(identity, min(further), now)
        return bool(further)

    def of(self, identity: str, now: float) -> Protocol:
        protocol, until = self._by_identity.get(identity, (Protocol.UDP, 0.0))
        return protocol if now < until else Protocol.UDP


def ways(node: NodeInfo, config: SignalingConfig, client: models.ClientInfo) -> list[Protocol]:
    """That the client may fall back to. Go's connects to no TCP candidate (LiveKit)."""
    found = []
    has_tcp = any(one.protocol == "tcp" for one in node.candidates)
    if has_tcp and client.sdk != models.ClientInfo.SDK.GO:
        found.append(Protocol.TCP)
    if has_relay(config):
        found.append(Protocol.TLS)
    return found


def has_relay(config: SignalingConfig) -> bool:
    """One that clients reach by TLS."""
    urls = [url for server in config.ice_servers for url in server.urls]
    if config.relay is not None:
        urls += config.relay.urls
    return any(map(is_by_tls, urls))


def is_by_tls(url: str) -> bool:
    return url.startswith("turns:")


def restricted(
    candidates: list[Candidate], protocol: Protocol, *, relayed: bool
) -> list[Candidate]:
    """Those that may be used; all, when there is no other way.

    `relayed`: it is the relay that uses them, and relays go on by UDP.
    """
    if protocol == Protocol.UDP or relayed:
        return candidates
    return [one for one in candidates if one.protocol == "tcp"] or candidates
