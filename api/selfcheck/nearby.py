"""Where the addresses that clients are told are, from this machine.

Many a NAT does not let its own side in, and a name may be known outside alone: what is ours is
looked at where it listens.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from api.doctor.relayed import RelayUrl
from api.listen import EVERYWHERE
from api.relay import RelayPlan, behind
from api.rules.addresses import MediaAddresses
from api.rules.relaying import by_family
from sfu.media import Candidate
from turn.addresses import Address


@dataclass(frozen=True, slots=True)
class Nearby:
    own: Collection[str]  # addresses of this machine
    near: Mapping[str, str]  # an own address by the one that clients are told
    relay: RelayPlan | None = None
    urls: Collection[str] = field(default=())  # of our own relay

    @classmethod
    def of(cls, media: MediaAddresses, relay: RelayPlan | None) -> "Nearby":
        near = behind(media, by_family(media.bound))
        return cls(frozenset(media.bound), near, relay, relay.urls if relay is not None else ())

    def media(self, candidate: Candidate) -> Address:
        return self._address(candidate.ip), candidate.port

    def url(self, text: str) -> tuple[RelayUrl, Address | None]:
        """How to speak with a relay, and where; None: as the URL says, since it is not ours."""
        url = RelayUrl.parse(text)
        if self.relay is None or text not in self.urls:
            return url, None
        ports = self.relay.ports
        port = {"udp": ports.udp, "tcp": ports.tcp, "tls": ports.tls}[url.transport]
        if url.transport == "tls" and self.relay.external_tls:  # a proxy ends it
            url = RelayUrl(url.text, url.host, url.port, "tcp")
        return url, (self._host(url.host), port or url.port)

    def _host(self, host: str) -> str:
        """One of the addresses that the relay listens on."""
        assert self.relay is not None
        known = host if host in self.relay.config.hosts.values() else self._first()
        address = self._address(known)
        binds = self.relay.binds
        is_bound = address in binds or any(bind in EVERYWHERE for bind in binds)
        return address if is_bound or not binds else binds[0]

    def _first(self) -> str:
        assert self.relay is not None
        return next(iter(self.relay.config.hosts.values()))

    def _address(self, ip: str) -> str:
        return ip if ip in self.own else self.near.get(ip, ip)
