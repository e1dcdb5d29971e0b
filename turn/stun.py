"""STUN messages (RFC 8489), as ICE and TURN use them.

A message keeps its attributes as bytes, in order and with repetitions, and decodes one when it is
asked for: what nobody looks at cannot be malformed.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha1, sha256
from hmac import compare_digest, digest
from typing import NamedTuple, Self
from zlib import crc32

from turn.addresses import Address, pack_address, unpack_address
from turn.errors import TurnError

HEADER = struct.Struct("!HHI12s")
ATTRIBUTE = struct.Struct("!HH")
COOKIE = 0x2112A442
COOKIE_BYTES = COOKIE.to_bytes(4, "big")
FINGERPRINT_XOR = 0x5354554E  # "STUN"
FINGERPRINT_SIZE = ATTRIBUTE.size + 4
SHA256_SIZES = range(16, sha256().digest_size + 1, 4)  # bytes it may be cut to (RFC 8489, 14.6)


class StunError(TurnError, ValueError):
    """The bytes are no STUN message, or an attribute's value cannot be read."""


class Class(IntEnum):
    REQUEST = 0
    INDICATION = 1
    SUCCESS = 2
    ERROR = 3


class Method(IntEnum):
    BINDING = 0x001
    ALLOCATE = 0x003
    REFRESH = 0x004
    SEND = 0x006
    DATA = 0x007
    CREATE_PERMISSION = 0x008
    CHANNEL_BIND = 0x009


class Attribute(IntEnum):
    """The attributes that we know. Below 0x8000 they must be understood (RFC 8489, section 14)."""

    MAPPED_ADDRESS = 0x0001
    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    UNKNOWN_ATTRIBUTES = 0x000A
    CHANNEL_NUMBER = 0x000C
    LIFETIME = 0x000D
    XOR_PEER_ADDRESS = 0x0012
    DATA = 0x0013
    REALM = 0x0014
    NONCE = 0x0015
    XOR_RELAYED_ADDRESS = 0x0016
    REQUESTED_ADDRESS_FAMILY = 0x0017
    EVEN_PORT = 0x0018
    REQUESTED_TRANSPORT = 0x0019
    DONT_FRAGMENT = 0x001A
    MESSAGE_INTEGRITY_SHA256 = 0x001C
    PASSWORD_ALGORITHM = 0x001D
    XOR_MAPPED_ADDRESS = 0x0020
    RESERVATION_TOKEN = 0x0022
    PRIORITY = 0x0024
    USE_CANDIDATE = 0x0025
    ADDITIONAL_ADDRESS_FAMILY = 0x8000
    ADDRESS_ERROR_CODE = 0x8001
    PASSWORD_ALGORITHMS = 0x8002
    ICMP = 0x8004
    SOFTWARE = 0x8022
    ALTERNATE_SERVER = 0x8023
    FINGERPRINT = 0x8028
    ICE_CONTROLLED = 0x8029
    ICE_CONTROLLING = 0x802A
    MOBILITY_TICKET = 0x8030


KNOWN = frozenset(int(attribute) for attribute in Attribute)
OPTIONAL = 0x8000


class ErrorCode(NamedTuple):
    code: int  # 300..699
    reason: str = ""


@dataclass(slots=True)
class Message:
    method: int
    kind: Class
    transaction: bytes  # 12 bytes
    attributes: list[tuple[int, bytes]] = field(default_factory=list)
    # Where MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256 stood in the bytes that were parsed.
    integrity_at: int | None = None
    integrity_sha256_at: int | None = None

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """A whole datagram. StunError: not STUN, lengths that lead outside, a wrong FINGERPRINT.

        What follows MESSAGE-INTEGRITY is not authenticated and is left out, but for the same by
        SHA-256, after which nothing counts (RFC 8489, 14.5 and 14.6).
        """
        message = cls._parse_header(data)
        for position, kind, value in read_attributes(data):
            if kind == Attribute.FINGERPRINT:
                check_fingerprint(data, position, value)
                break
            message._keep(position, kind, value)
        return message

    def _keep(self, position: int, kind: int, value: bytes) -> None:
        by_sha256 = kind == Attribute.MESSAGE_INTEGRITY_SHA256
        if self.integrity_sha256_at is not None or (
            self.integrity_at is not None and not by_sha256
        ):
            return
        self.attributes.append((kind, value))
        if by_sha256:
            self.integrity_sha256_at = position
        elif kind == Attribute.MESSAGE_INTEGRITY:
            self.integrity_at = position

    @classmethod
    def _parse_header(cls, data: bytes) -> Self:
        if len(data) < HEADER.size:
            raise StunError("shorter than its header")
        kind, length, cookie, transaction = HEADER.unpack_from(data)
        if kind & 0xC000 or cookie != COOKIE:
            raise StunError("not STUN")
        if length % 4 or length != len(data) - HEADER.size:
            raise StunError("its length is not that of the datagram")
        return cls(method_of(kind), class_of(kind), transaction)

    def __bytes__(self) -> bytes:
        """Without MESSAGE-INTEGRITY and FINGERPRINT: see `sealed`."""
        body = b"".join(pack_attribute(kind, value) for kind, value in self.attributes)
        return self._header(len(body)) + body

    def sealed(self, key: bytes | None, *, by_sha256: bool = False) -> bytes:
        """The message for the wire: MESSAGE-INTEGRITY when there is a key, then FINGERPRINT."""
        body = bytes(self)[HEADER.size :]
        if key is not None:
            # Both attributes cover the header with a length that already counts themselves.
            if by_sha256:
                kind, size = Attribute.MESSAGE_INTEGRITY_SHA256, SHA256_SIZES[-1]
            else:
                kind, size = Attribute.MESSAGE_INTEGRITY, sha1().digest_size
            covered = self._header(len(body) + ATTRIBUTE.size + size) + body
            body += pack_attribute(kind, digest(key, covered, "sha256" if by_sha256 else "sha1"))
        covered = self._header(len(body) + FINGERPRINT_SIZE) + body
        return covered + pack_attribute(Attribute.FINGERPRINT, fingerprint(covered))

    def is_authentic(self, data: bytes, key: bytes) -> bool:
        """MESSAGE-INTEGRITY is there and was made with `key`; `data` is what was parsed."""
        expected = self.get(Attribute.MESSAGE_INTEGRITY)
        if self.integrity_at is None or expected is None:
            return False
        covered = covered_by(data, self.integrity_at, sha1().digest_size)
        return compare_digest(digest(key, covered, "sha1"), expected)

    def is_authentic_sha256(self, data: bytes, key: bytes) -> bool:
        """The same of MESSAGE-INTEGRITY-SHA256, which may be cut (RFC 8489, section 14.6)."""
        expected = self.get(Attribute.MESSAGE_INTEGRITY_SHA256)
        if self.integrity_sha256_at is None or expected is None:
            return False
        if len(expected) not in SHA256_SIZES:
            return False
        covered = covered_by(data, self.integrity_sha256_at, len(expected))
        return compare_digest(digest(key, covered, "sha256")[: len(expected)], expected)

    def unknown_attributes(self) -> list[int]:
        """Attributes that must be understood and are not: a request with one is answered 420."""
        return [kind for kind, _ in self.attributes if kind < OPTIONAL and kind not in KNOWN]

    def get(self, kind: Attribute) -> bytes | None:
        """The first value of an attribute: later ones of its kind are ignored (RFC 8489, 14)."""
        return next((value for k, value in self.attributes if k == kind), None)

    def get_all(self, kind: Attribute) -> list[bytes]:
        """Every value, for the attributes that may be repeated (XOR-PEER-ADDRESS)."""
        return [value for k, value in self.attributes if k == kind]

    def has(self, kind: Attribute) -> bool:
        return self.get(kind) is not None

    @property
    def username(self) -> str | None:
        """None too when it is no UTF-8: then it names nobody."""
        value = self.get(Attribute.USERNAME)
        try:
            return None if value is None else value.decode()
        except UnicodeDecodeError:
            return None

    def _header(self, length: int) -> bytes:
        return HEADER.pack(kind_of(self.method, self.kind), length, COOKIE, self.transaction)


def kind_of(method: int, kind: Class) -> int:
    """The first 16 bits: the class's two bits stand between the method's (RFC 8489, section 5)."""
    bits = (method & 0x000F) | (method & 0x0070) << 1 | (method & 0x0F80) << 2
    return bits | (kind & 1) << 4 | (kind & 2) << 7


def method_of(bits: int) -> int:
    return (bits & 0x000F) | (bits & 0x00E0) >> 1 | (bits & 0x3E00) >> 2


def class_of(bits: int) -> Class:
    return Class((bits >> 4 & 1) | (bits >> 7 & 2))


def read_attributes(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(position, type, value) of each attribute; padding may hold anything (RFC 8489, 14)."""
    position = HEADER.size
    while position < len(data):
        if len(data) - position < ATTRIBUTE.size:
            raise StunError("an attribute is cut off")
        kind, length = ATTRIBUTE.unpack_from(data, position)
        start = position + ATTRIBUTE.size
        if start + length > len(data):
            raise StunError("an attribute is longer than the message")
        yield position, kind, data[start : start + length]
        position = start + length + -length % 4


def covered_by(data: bytes, position: int, size: int) -> bytes:
    """What a MAC of so many bytes at this position covers: the length counts up to its end."""
    length = position + ATTRIBUTE.size + size - HEADER.size
    return data[:2] + length.to_bytes(2, "big") + data[4:position]


def pack_attribute(kind: int, value: bytes) -> bytes:
    return ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def fingerprint(covered: bytes) -> bytes:
    return (crc32(covered) ^ FINGERPRINT_XOR).to_bytes(4, "big")


def check_fingerprint(data: bytes, position: int, value: bytes) -> None:
    if position + FINGERPRINT_SIZE != len(data) or value != fingerprint(data[:position]):
        raise StunError("FINGERPRINT is wrong or not the last attribute")


def pack_error(error: ErrorCode) -> bytes:
    """ERROR-CODE (RFC 8489, section 14.8)."""
    return bytes([0, 0, error.code // 100, error.code % 100]) + error.reason.encode()


def unpack_error(value: bytes) -> ErrorCode:
    if len(value) < 4:
        raise StunError("ERROR-CODE is too short")
    return ErrorCode((value[2] & 7) * 100 + value[3], value[4:].decode(errors="replace"))


def pack_unknown(kinds: Sequence[int]) -> bytes:
    """UNKNOWN-ATTRIBUTES (RFC 8489, section 14.9)."""
    return struct.pack(f"!{len(kinds)}H", *kinds)


def unpack_unknown(value: bytes) -> list[int]:
    if len(value) % 2:
        raise StunError("UNKNOWN-ATTRIBUTES has half an entry")
    return [kind for (kind,) in struct.iter_unpack("!H", value)]


def pack_xor_address(address: Address, transaction: bytes) -> bytes:
    """XOR-MAPPED-ADDRESS and its like (RFC 8489, section 14.2)."""
    return mask(pack_address(address), transaction)


def unpack_xor_address(value: bytes, transaction: bytes) -> Address:
    try:
        return unpack_address(mask(value, transaction))
    except ValueError as error:
        raise StunError(str(error)) from None


def mask(value: bytes, transaction: bytes) -> bytes:
    """Family as it is; the port with the cookie's first half, the address with all of both."""
    pad = bytes(2) + COOKIE_BYTES[:2] + COOKIE_BYTES + transaction
    return bytes(a ^ b for a, b in zip(value, pad, strict=False))
