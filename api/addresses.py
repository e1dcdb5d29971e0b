"""The addresses of this machine, as the system tells them."""

import socket
from collections.abc import Iterator

import ifaddr

from api.rules.addresses import MachineAddress, is_usable


def machine_addresses() -> list[MachineAddress]:
    """Those that can be bound now: an IPv6 address may be there and not be ready yet."""
    return [address for address in _all() if is_usable(address.ip) and can_bind(address.ip)]


def can_bind(ip: str) -> bool:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((ip, 0))
    except OSError:
        return False
    return True


def _all() -> Iterator[MachineAddress]:
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            ip = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            yield MachineAddress(adapter.name, ip)
