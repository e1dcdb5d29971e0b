"""Whose connection is it? Its first bytes tell, where several share one port.

TURN clients offer no protocol by ALPN, so that TLS alone does not tell a browser's page from its
TURN client: what comes inside is looked at as well.
"""

from enum import Enum, auto

ENOUGH = 8  # bytes that always tell
TLS_HANDSHAKE = 0x16  # the content type of a ClientHello's record (RFC 8446, section 5.1)
COOKIE = bytes.fromhex("2112a442")  # RFC 8489, section 5
FRAMED = 0x40  # no first byte from here on is STUN's, or a length that media over TCP may have


class Kind(Enum):
    TLS = auto()
    HTTP = auto()
    RELAY = auto()  # STUN as it is (RFC 8656, section 3.1)
    MEDIA = auto()  # STUN with its length before it (RFC 4571)
    UNKNOWN = auto()


def kind_of(first: bytes) -> Kind | None:
    """None: more has to come. HTTP is all that nothing else begins with; it says itself what is
    wrong."""
    if not first:
        return None
    if first[0] == TLS_HANDSHAKE:
        return Kind.TLS
    if first[0] >= FRAMED:
        return Kind.HTTP
    if len(first) < ENOUGH:
        return None
    if first[4:8] == COOKIE:
        return Kind.RELAY
    if first[6:8] == COOKIE[:2]:
        return Kind.MEDIA
    return Kind.UNKNOWN
