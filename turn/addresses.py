"""An IP address and a port, as STUN writes them (RFC 8489, section 14.1)."""

import ipaddress

Address = tuple[str, int]

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
