"""To whom the relay may be let send: our own media, and what an operator has opened.

Ordinary addresses are opened by any network that holds them, special ones (`special.py`) only by
one that lies within theirs: `0.0.0.0/0` opens the Internet, not the host's own services. Some are
opened by nothing.
"""

import ipaddress
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from turn.addresses import Address
from turn.errors import TurnError
from turn.special import IP, Network, embedded, is_never, special_network


class PolicyError(TurnError, ValueError):
    """A network of the settings cannot be read."""


def networks(texts: Iterable[str], name: str) -> list[Network]:
    """Those named in the setting `name`. Raises PolicyError."""
    try:
        return [ipaddress.ip_network(text) for text in texts]
    except ValueError as error:
        raise PolicyError(f"{name}: {error}") from None


@dataclass(frozen=True)
class Peers:
    """What a policy is made of, in plain values."""

    media: dict[str, list[int]]
    opened: list[str]
    denied: list[str]
    closed: list[Address]


class Policy:
    """`media`: the ports that our own media listens on, by address.

    `closed`: our own addresses and ports that nobody may reach through us, whatever is opened.
    """

    def __init__(
        self,
        media: Mapping[str, Collection[int]] | None = None,
        opened: Iterable[Network] = (),
        denied: Iterable[Network] = (),
        closed: Collection[Address] = (),
    ) -> None:
        self._media = {ipaddress.ip_address(host): ports for host, ports in (media or {}).items()}
        self._opened = list(opened)
        self._denied = list(denied)
        self._closed = closed
        self.allows_host = lru_cache(4096)(self._allows_host)
        self.allows = lru_cache(4096)(self._allows)

    @classmethod
    def of(cls, peers: Peers) -> "Policy":
        return cls(
            peers.media, networks(peers.opened, "opened"), networks(peers.denied, "denied"),
            peers.closed,
        )  # fmt: skip

    @property
    def peers(self) -> Peers:
        """As they are now."""
        return Peers(
            {str(ip): sorted(ports) for ip, ports in self._media.items()},
            [str(network) for network in self._opened],
            [str(network) for network in self._denied],
            list(self._closed),
        )

    def forget(self) -> None:
        """What it was made of has changed."""
        self.allows_host.cache_clear()
        self.allows.cache_clear()

    def _allows_host(self, host: str) -> bool:
        """Some port of it."""
        ip = ipaddress.ip_address(host)
        return not self._is_denied(ip) and (ip in self._media or self._is_opened(ip))

    def _allows(self, peer: Address) -> bool:
        ip = ipaddress.ip_address(peer[0])
        if peer[1] == 0 or peer in self._closed or self._is_denied(ip):
            return False
        return peer[1] in self._media.get(ip, ()) or self._is_opened(ip)

    def _is_denied(self, ip: IP) -> bool:
        return any(ip.version == n.version and ip in n for n in self._denied)

    def _is_opened(self, ip: IP) -> bool:
        if is_never(ip):
            return False
        special = special_network(ip)
        if not any(holds(network, ip, special) for network in self._opened):
            return False
        return all(self._is_opened(ipv4) and not self._is_denied(ipv4) for ipv4 in embedded(ip))


def holds(network: Network, ip: IP, special: Network | None) -> bool:
    if network.version != ip.version or ip not in network:
        return False
    # A special network of one address lies within itself.
    return special is None or (network.prefixlen >= special.prefixlen and network.prefixlen > 0)
