"""Addresses that are nobody's on the Internet: IANA's special-purpose registries, and their like.

Whoever may let our host send packets to these could reach what no stranger should: our own host,
the network behind it, a cloud's metadata. IPv6 that stands for an IPv4 address in any way belongs
here as a whole: who means the IPv4 address can say so.
"""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Nobody's single address ever, so that naming them opens nothing.
NEVER = """
    0.0.0.0/8             this network
    224.0.0.0/4           multicast
    255.255.255.255/32    broadcast
    ::/128                unspecified
    ff00::/8              multicast
"""

SPECIAL = """
    10.0.0.0/8            private
    100.64.0.0/10         shared by carriers; Alibaba's metadata
    127.0.0.0/8           loopback
    168.63.129.16/32      Azure's host
    169.254.0.0/16        link-local; metadata of most clouds
    172.16.0.0/12         private
    192.0.0.0/24          protocol assignments; Oracle's metadata
    192.0.2.0/24          documentation
    192.31.196.0/24       AS112
    192.52.193.0/24       AMT
    192.88.99.0/24        6to4 relays
    192.168.0.0/16        private
    192.175.48.0/24       AS112
    198.18.0.0/15         benchmarks
    198.51.100.0/24       documentation
    203.0.113.0/24        documentation
    240.0.0.0/4           reserved

    ::1/128               loopback
    ::/96                 IPv4-compatible
    ::ffff:0:0/96         IPv4-mapped
    ::ffff:0:0:0/96       IPv4-translated (SIIT)
    64:ff9b::/96          NAT64
    64:ff9b:1::/48        NAT64, local
    100::/64              discarded
    100:0:0:1::/64        dummy prefix
    2001::/23             protocol assignments, with Teredo, ORCHID, benchmarks, AMT, AS112
    2001:db8::/32         documentation
    2002::/16             6to4
    2620:4f:8000::/48     AS112
    3ffe::/16             6bone, given back
    3fff::/20             documentation
    5f00::/16             segment routing
    fc00::/7              private; Amazon's metadata
    fe80::/10             link-local
    fec0::/10             site-local
"""

GLOBAL = ipaddress.IPv6Network("2000::/3")  # what IANA has given out of IPv6
REST = ipaddress.IPv6Network("::/0")


def read(table: str) -> list[Network]:
    return [ipaddress.ip_network(line.split()[0]) for line in table.splitlines() if line.strip()]


NEVER_NETWORKS = read(NEVER)
SPECIAL_NETWORKS = read(SPECIAL)


def contains(networks: Iterable[Network], address: IP) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def is_never(address: IP) -> bool:
    return contains(NEVER_NETWORKS, address)


@lru_cache(1024)
def special_network(address: IP) -> Network | None:
    """The widest special network that it is in; None: an ordinary address.

    Of IPv6 all that was never given out is special.
    """
    found = [n for n in SPECIAL_NETWORKS if n.version == address.version and address in n]
    if found:
        return min(found, key=lambda network: network.prefixlen)
    if address.version == 6 and (address not in GLOBAL or isatap(address) is not None):
        return REST
    return None


def isatap(address: IP) -> ipaddress.IPv4Address | None:
    """The IPv4 address in an interface identifier of ISATAP (RFC 5214, section 6.1)."""
    low = int(address) & 0xFFFF_FFFF_FFFF_FFFF
    if address.version == 4 or low >> 32 & ~0x0200_0000 != 0x0000_5EFE:
        return None
    return ipaddress.IPv4Address(low & 0xFFFF_FFFF)


def embedded(address: IP) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for or goes through."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    low = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    found = [isatap(address), address.sixtofour, *(address.teredo or ())]
    if contains(AT_THE_END, address) and not address.is_loopback:  # ::1 is no IPv4 (RFC 4291)
        found.append(low)
    return [ipv4 for ipv4 in found if ipv4 is not None]


# Where the IPv4 address is the last four bytes.
AT_THE_END = read("""
    ::/96
    ::ffff:0:0/96
    ::ffff:0:0:0/96
    64:ff9b::/96
    64:ff9b:1::/48
""")
