"""Whose datagram is this? STUN by its user name, everything else by the address it came from.

One port serves all clients. An address belongs to a transport once a check that this transport's
password authenticates has come from there; the kind of a datagram is told by its first byte.
"""

from enum import Enum, auto
from typing import Generic, Protocol, TypeVar

from sfu.path import Path
from turn.stun import Message, StunError


class PacketClass(Enum):
    """RFC 7983, section 7."""

    STUN = auto()
    DTLS = auto()
    MEDIA = auto()  # RTP or RTCP
    OTHER = auto()  # an empty datagram, ZRTP, TURN channels, the rest


# By first byte; a table, since every slow datagram passes here.
CLASSES = (
    [PacketClass.STUN] * 4
    + [PacketClass.OTHER] * 16
    + [PacketClass.DTLS] * 44
    + [PacketClass.OTHER] * 64
    + [PacketClass.MEDIA] * 64
    + [PacketClass.OTHER] * 64
)


def classify(data: bytes | memoryview) -> PacketClass:
    """What a datagram says it is; nothing is checked but its first byte."""
    return CLASSES[data[0]] if data else PacketClass.OTHER


class Owner(Protocol):
    def holds(self, path: Path, now: float) -> bool:
        """A check from this path came so lately that nobody else may have it."""


T = TypeVar("T", bound=Owner)


class Mux(Generic[T]):
    """Two tables, and the rule by which an address changes hands."""

    def __init__(self) -> None:
        self._by_ufrag: dict[str, T] = {}
        self._by_path: dict[Path, T] = {}

    def register(self, ufrag: str, transport: T) -> None:
        """Checks for this user name fragment of ours go to `transport`."""
        self._by_ufrag[ufrag] = transport

    def forget(self, transport: T) -> None:
        """The transport has ended: its names and its addresses are free."""
        self._by_ufrag = {u: t for u, t in self._by_ufrag.items() if t is not transport}
        self._by_path = {p: t for p, t in self._by_path.items() if t is not transport}

    def retire(self, ufrag: str) -> None:
        """A name from before an ICE restart is not used any more."""
        self._by_ufrag.pop(ufrag, None)

    def bind(self, path: Path, transport: T, now: float) -> bool:
        """Give an address to a transport. False: another one holds it, and keeps it.

        Without this rule a participant could take another's address with one check that only
        pretends to come from there.
        """
        owner = self._by_path.get(path)
        if owner is not None and owner is not transport and owner.holds(path, now):
            return False
        self._by_path[path] = transport
        return True

    def unbind(self, path: Path, transport: T) -> None:
        """The transport no longer uses the address; another's is left alone."""
        if self._by_path.get(path) is transport:
            del self._by_path[path]

    def by_ufrag(self, message: Message) -> T | None:
        """The transport that a check is for: USERNAME is "ours:theirs" (RFC 8445, 7.2.2)."""
        username = message.username
        return None if username is None else self._by_ufrag.get(username.partition(":")[0])

    def by_path(self, path: Path) -> T | None:
        return self._by_path.get(path)

    def route(self, data: bytes) -> tuple[Message, T] | None:
        """A STUN datagram parsed, with the transport it is for; None: malformed or nobody's."""
        try:
            message = Message.parse(data)
        except StunError:
            return None
        transport = self.by_ufrag(message)
        return None if transport is None else (message, transport)
