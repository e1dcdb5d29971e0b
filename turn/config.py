"""Settings of the relay, as `api` fills them in."""

from dataclasses import dataclass, field

from turn.credentials import Credentials
from turn.credit import Rates
from turn.policy import Peers, Policy
from turn.quota import Limits

REALM = "housecall"
PORTS = range(30_000, 40_001)


@dataclass(frozen=True)
class RelayConfig:
    """`hosts`: by family (1 is IPv4, 2 is IPv6) the relayed address that clients are told."""

    hosts: dict[int, str]
    credentials: Credentials
    policy: Policy
    realm: str = REALM
    ports: range = PORTS
    limits: Limits = field(default_factory=Limits)
    rates: Rates = field(default_factory=Rates)


@dataclass(frozen=True)
class Terms:
    """The same in plain values, which another process can be told, and where it relays.

    `bind` and `near` are those of `turn/aio/service.py`.
    """

    hosts: dict[int, str]
    users: dict[str, str]
    secrets: list[str]
    keys: dict[str, str]
    peers: Peers
    realm: str
    ports: tuple[int, int]  # the first and the last
    limits: Limits
    rates: Rates
    bind: dict[int, str]
    near: dict[str, str]

    @classmethod
    def of(cls, config: RelayConfig, bind: dict[int, str], near: dict[str, str]) -> "Terms":
        """As the policy is now."""
        who, ports = config.credentials, (config.ports[0], config.ports[-1])
        return cls(
            config.hosts, dict(who.users), list(who.secrets), dict(who.keys), config.policy.peers,
            config.realm, ports, config.limits, config.rates, bind, near,
        )  # fmt: skip

    @property
    def config(self) -> RelayConfig:
        first, last = self.ports
        return RelayConfig(
            self.hosts, Credentials(self.users, self.secrets, self.keys), Policy.of(self.peers),
            self.realm, range(first, last + 1), self.limits, self.rates,
        )  # fmt: skip
