"""Settings of the relay, as `api` fills them in."""

from dataclasses import dataclass, field

from turn.credentials import Credentials
from turn.credit import Rates
from turn.policy import Policy
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
