"""Which of a machine's addresses carry media, and what clients are told of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network

MAX_ADDRESSES = 16  # each is a socket here and a candidate that every client tries


@dataclass(slots=True)
class MachineAddress:
    interface: str
    ip: str


@dataclass(slots=True)
class Filter:
    """As LiveKit has it: with includes, only those; else all but the excludes."""

    includes: Sequence[str] = ()
    excludes: Sequence[str] = ()


@dataclass(slots=True)
class MediaAddresses:
    bound: list[str] = field(default_factory=list)  # one socket each
    advertised: list[str] = field(default_factory=list)  # one candidate each


def choose(
    machine: Iterable[MachineAddress],
    *,
    interfaces: Filter,
    ips: Filter,
    loopback: bool,
    public: Sequence[str] = (),
) -> MediaAddresses:
    """Loopback counts when asked for, or when the machine has nothing else.

    `public` is what clients shall use instead: addresses of the machine's own, or those of a NAT
    in front of it.
    """
    usable = [a.ip for a in machine if _passes(a, interfaces, ips) and is_usable(a.ip)]
    ordinary = [ip for ip in dict.fromkeys(usable) if not ip_address(ip).is_loopback]
    local = [ip for ip in dict.fromkeys(usable) if ip_address(ip).is_loopback]
    if not public:
        chosen = (ordinary + (local if loopback or not ordinary else []))[:MAX_ADDRESSES]
        return MediaAddresses(chosen, list(chosen))
    told = list(dict.fromkeys(public))
    beside = [ip for ip in local if loopback and ip not in told]
    bound = [own for ip in told for own in _behind(ip, ordinary, local)]
    return MediaAddresses([*dict.fromkeys(bound), *beside], [*told, *beside])


def _behind(public: str, ordinary: list[str], local: list[str]) -> list[str]:
    """Which of our own a public address leads to."""
    if public in ordinary or public in local:
        return [public]
    family = ip_address(public).version
    return [ip for ip in ordinary if ip_address(ip).version == family][:MAX_ADDRESSES]


def is_usable(ip: str) -> bool:
    """A link-local address needs a scope that a candidate cannot carry; the others name no host."""
    address = ip_address(ip)
    return not (address.is_link_local or address.is_multicast or address.is_unspecified)


def _passes(address: MachineAddress, interfaces: Filter, ips: Filter) -> bool:
    return _selected(
        interfaces, lambda pattern: fnmatchcase(address.interface, pattern)
    ) and _selected(ips, lambda net: ip_address(address.ip) in ip_network(net, strict=False))


def _selected(wanted: Filter, matches: Callable[[str], bool]) -> bool:
    if wanted.includes:
        return any(map(matches, wanted.includes))
    return not any(map(matches, wanted.excludes))
