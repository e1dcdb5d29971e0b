"""Do the addresses that clients are told lead here?"""

import socket
from collections.abc import Sequence
from ipaddress import ip_address

from api.doctor.findings import Findings, bad, good, note


def check_addresses(told: Sequence[str], own: Sequence[str]) -> Findings:
    """`told`: what clients send media to. `own`: what the machine has."""
    outside = [ip for ip in told if not ip_address(ip).is_private]
    if not outside:
        yield note(
            f"clients are told {', '.join(told)}, which other networks cannot reach: if clients "
            "shall come from there, name the public address with rtc.node_ip or public.addresses"
        )
        return
    behind = [ip for ip in outside if ip not in own]
    way = " by a NAT, which has to forward the ports" if behind else ""
    yield good(f"clients are told {', '.join(told)}{way}")


def check_name(name: str, told: Sequence[str], found: Sequence[str]) -> Findings:
    """`found`: where the name leads."""
    if not found:
        yield bad(f"{name} leads nowhere: make a DNS record for it with {' and '.join(told)}")
    elif not set(found) & set(told):
        yield bad(
            f"{name} leads to {', '.join(found)}, but this server is at {', '.join(told)}: "
            "correct its DNS record, or rtc.node_ip"
        )
    else:
        yield good(f"{name} leads here")


def resolve(name: str) -> list[str]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
