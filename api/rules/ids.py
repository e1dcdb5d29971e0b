"""Identifiers that sort by their time and cannot be guessed: UUIDs of version 7 (RFC 9562)."""

from uuid import UUID

RANDOM_BYTES = 10  # of them 74 bits stay


def make_id(unix: float, random: bytes) -> UUID:
    """`unix`: seconds; `random`: ten bytes of it."""
    value = int(unix * 1000) << 80 | int.from_bytes(random)
    value = value & ~(0xF << 76) | 7 << 76  # version
    value = value & ~(0x3 << 62) | 2 << 62  # variant
    return UUID(int=value)
