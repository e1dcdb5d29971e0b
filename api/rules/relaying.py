"""Where the relay listens, what clients are told of that, and which ports it relays by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from api.rules.publicity import PublicPorts

UDP_PORT = TCP_PORT = 3478
TLS_PORT = 5349
FAMILIES = {4: 1, 6: 2}  # IP version -> family as STUN has it
PORTS = 30_000, 40_000


@dataclass(frozen=True)
class RelayPorts:
    """None: not by this."""

    udp: int | None
    tcp: int | None
    tls: int | None

    def outside(self, public: PublicPorts) -> "RelayPorts":
        return RelayPorts(
            self.udp and public.udp(self.udp),
            self.tcp and public.tcp(self.tcp),
            self.tls and public.tcp(self.tls),
        )

    def without(self, shared: int) -> "RelayPorts":
        """Of TCP, those that nobody else listens on."""
        tcp, tls = (None if port == shared else port for port in (self.tcp, self.tls))
        return RelayPorts(self.udp, tcp, tls)


def family_of(ip: str) -> int:
    return FAMILIES[ip_address(ip).version]


def by_family(addresses: Iterable[str]) -> dict[int, str]:
    """The first of each family; loopback only where there is nothing else."""
    ordered = sorted(addresses, key=lambda ip: ip_address(ip).is_loopback)
    found: dict[int, str] = {}
    for ip in ordered:
        found.setdefault(family_of(ip), ip)
    # Who can be reached from outside by one family has no use for the other's loopback.
    outside = {family: ip for family, ip in found.items() if not ip_address(ip).is_loopback}
    return outside or found


def urls(
    hosts: Sequence[str], ports: RelayPorts, tls_host: str, tcp_hosts: Sequence[str] | None = None
) -> list[str]:
    """What clients are told: the ports that are listened on, no others. `tcp_hosts`: those of the
    hosts where TCP is.

    TLS only by a name, since certificates are for names.
    """
    told = []
    for host in hosts:
        bracketed = f"[{host}]" if ":" in host else host
        if ports.udp is not None:
            told.append(f"turn:{bracketed}:{ports.udp}?transport=udp")
        if ports.tcp is not None and host in (hosts if tcp_hosts is None else tcp_hosts):
            told.append(f"turn:{bracketed}:{ports.tcp}?transport=tcp")
    if ports.tls is not None and tls_host:
        told.append(f"turns:{tls_host}:{ports.tls}?transport=tcp")
    return told


def relay_ports(first: int, last: int) -> range:
    """0 stands for the default. ValueError when there is none between them."""
    start, end = first or PORTS[0], last or PORTS[1]
    if start > end:
        raise ValueError(f"turn.relay_range_start {start} is behind turn.relay_range_end {end}")
    return range(start, end + 1)
