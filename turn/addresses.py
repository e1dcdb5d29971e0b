"""An IP address and a port, as STUN writes them (RFC 8489, section 14.1)."""

import ipaddress
import struct
from functools import lru_cache

Address = tuple[str, int]

INET = struct.Struct("=H2s4s20x")  # family, port, address (RFC 3493, struct sockaddr_in)
INET6 = struct.Struct("=H2s4x16s4x")  # sockaddr_in6 without flow label and scope
AF_INET, AF_INET6 = 2, 10  # Linux; these bytes never leave this process

FAMILIES = {1: 4, 2: 16}  # family -> bytes of an address


def pack_address(address: Address) -> bytes:
    """Zero, family, port, address. ValueError when the host is no IP address.

    The scope of a link-local address ("fe80::1%eth0") means nothing to others and is left out.
    """
    host, port = address
    packed = ipaddress.ip_address(host.partition("%")[0]).packed
    family = 1 if len(packed) == 4 else 2
    return bytes([0, family]) + port.to_bytes(2, "big") + packed


def unpack_address(value: bytes) -> Address:
    """ValueError when the family is unknown or the length is not its own."""
    if len(value) < 4 or FAMILIES.get(value[1]) != len(value) - 4:
        raise ValueError("not an address")
    return str(ipaddress.ip_address(value[4:])), int.from_bytes(value[2:4], "big")


@lru_cache(4096)
def socket_name(address: Address) -> bytes:
    """As the kernel has it, in 28 bytes. ValueError when it is none, or one of a single link."""
    host, port = address
    packed = ipaddress.ip_address(host).packed
    if "%" in host:
        raise ValueError("good on one link only")
    if len(packed) == 4:
        return INET.pack(AF_INET, port.to_bytes(2, "big"), packed)
    return INET6.pack(AF_INET6, port.to_bytes(2, "big"), packed)
