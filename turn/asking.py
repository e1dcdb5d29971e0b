"""A request that has proven who it is from, and what it reads from its attributes."""

from dataclasses import dataclass, field

from turn.addresses import Address
from turn.allocation import Allocation, Door
from turn.authentication import Sender
from turn.config import RelayConfig
from turn.errors import TurnError
from turn.registry import Registry
from turn.stun import Attribute, Message, StunError, unpack_xor_address

Attributes = list[tuple[int, bytes]]


class Code:
    """Error codes (RFC 8656, section 19; RFC 8489, section 14.8)."""

    BAD_REQUEST = 400
    FORBIDDEN = 403
    UNKNOWN_ATTRIBUTE = 420
    MISMATCH = 437
    FAMILY_NOT_SUPPORTED = 440
    WRONG_CREDENTIALS = 441
    TRANSPORT_NOT_SUPPORTED = 442
    FAMILY_MISMATCH = 443
    QUOTA = 486
    CAPACITY = 508


@dataclass(eq=False)
class Refused(TurnError):
    """The request is answered with this error."""

    code: int
    attributes: Attributes = field(default_factory=list)


@dataclass(slots=True)
class Request:
    message: Message
    sender: Sender
    door: Door
    client: Address
    now: float
    config: RelayConfig
    registry: Registry

    def has(self, kind: Attribute) -> bool:
        return self.message.has(kind)

    def number(self, kind: Attribute, size: int) -> int | None:
        """The first byte or bytes of an attribute of four; None: it is not there."""
        value = self.message.get(kind)
        if value is None:
            return None
        if len(value) != 4:
            raise Refused(Code.BAD_REQUEST)
        return int.from_bytes(value[:size], "big")

    def family(self, kind: Attribute) -> int | None:
        """Refused with 440 when it is no family that we relay to (RFC 8656, section 18.6)."""
        family = self.number(kind, 1)
        if family is not None and family not in self.registry.ports.families:
            raise Refused(Code.FAMILY_NOT_SUPPORTED)
        return family

    def lifetime(self) -> float:
        """What is granted of what is asked for (RFC 8656, section 7.2). 0 asks for the end."""
        limits = self.config.limits
        wanted = self.number(Attribute.LIFETIME, 4)
        if wanted is None:
            return limits.default_lifetime
        if wanted == 0:
            return 0.0
        return max(limits.default_lifetime, min(wanted, limits.lifetime))

    def allocation(self) -> Allocation:
        """The client's own, which has not ended."""
        allocation = self.door.clients.get(self.client)
        if allocation is None:
            raise Refused(Code.MISMATCH)
        if allocation.username != self.sender.username:
            raise Refused(Code.WRONG_CREDENTIALS)
        # RFC 8016, section 3.2.2, waits for data; coturn's client listens as soon as it has bound
        # a channel by its new address, and has closed the old one.
        self.registry.arrive(allocation, self.door, self.client)
        return allocation

    def peers(self) -> list[Address]:
        """Every XOR-PEER-ADDRESS."""
        try:
            return [
                unpack_xor_address(value, self.message.transaction)
                for value in self.message.get_all(Attribute.XOR_PEER_ADDRESS)
            ]
        except StunError:
            raise Refused(Code.BAD_REQUEST) from None


def pack_lifetime(seconds: float) -> tuple[int, bytes]:
    return Attribute.LIFETIME, int(seconds).to_bytes(4, "big")
