"""Allocate: a relayed address, or two, for a client (RFC 8656, section 7.2)."""

from typing import NamedTuple

from turn.allocation import Allocation
from turn.asking import Attributes, Code, Refused, Request, pack_lifetime
from turn.mobility import wants_ticket
from turn.ports import Relay
from turn.quota import User
from turn.registry import Reservation
from turn.stun import Attribute, pack_xor_address

UDP = 17  # protocol number in REQUESTED-TRANSPORT
IPV4, IPV6 = 1, 2
RESERVE = 0x80  # EVEN-PORT's bit R


class Wish(NamedTuple):
    """What is asked for, once it is known to make sense."""

    family: int
    other: int | None = None  # a second family beside it (ADDITIONAL-ADDRESS-FAMILY)
    even: bool = False
    reserves: bool = False
    kept: Reservation | None = None


def allocate(request: Request) -> Attributes:
    """In the order of RFC 8656, section 7.2; who the sender is was checked before."""
    known = request.door.clients.get(request.client)
    if known is not None:  # check 2
        if known.transaction == request.message.transaction:
            return describe(request, known)  # our answer was lost
        raise Refused(Code.MISMATCH)
    check_transport(request)  # check 3; DONT-FRAGMENT (4) we can do
    has_ticket = wants_ticket(request)
    token = request.message.get(Attribute.RESERVATION_TOKEN)
    wish = read_wish(request) if token is None else read_token(request, token)
    lifetime = request.lifetime() or request.config.limits.default_lifetime
    user = count_user(request, wish)
    relays, failed, reserved = open_relays(request, wish, user)
    allocation = Allocation(
        door=request.door,
        client=request.client,
        user=user,
        username=request.sender.username,
        transaction=request.message.transaction,
        token=reserved,
        begun=request.now,
        expires=request.now + lifetime,
        relays=relays,
        ticket=request.registry.tickets.make() if has_ticket else None,
        failed=failed,
    )
    request.registry.add(allocation)
    return describe(request, allocation)


def check_transport(request: Request) -> None:
    protocol = request.number(Attribute.REQUESTED_TRANSPORT, 1)
    if protocol is None:
        raise Refused(Code.BAD_REQUEST)
    if protocol != UDP:
        raise Refused(Code.TRANSPORT_NOT_SUPPORTED)


def read_token(request: Request, token: bytes) -> Wish:
    """Check 5. The port that was reserved is taken with the token."""
    others = (
        Attribute.EVEN_PORT,
        Attribute.REQUESTED_ADDRESS_FAMILY,
        Attribute.ADDITIONAL_ADDRESS_FAMILY,
    )
    if len(token) != 8 or any(request.has(kind) for kind in others):
        raise Refused(Code.BAD_REQUEST)
    kept = request.registry.redeem(token, request.sender.user, request.now)
    if kept is None:
        raise Refused(Code.CAPACITY)
    return Wish(kept.relay.family, kept=kept)


def read_wish(request: Request) -> Wish:
    """Checks 6 to 9."""
    even = request.message.get(Attribute.EVEN_PORT)
    if even is not None and len(even) != 1:
        raise Refused(Code.BAD_REQUEST)
    reserves = even is not None and bool(even[0] & RESERVE)
    has_other = request.has(Attribute.ADDITIONAL_ADDRESS_FAMILY)
    if has_other and request.has(Attribute.REQUESTED_ADDRESS_FAMILY):
        raise Refused(Code.BAD_REQUEST)
    # Without a word a client means IPv4, and is told when there is none (check 7).
    family = request.family(Attribute.REQUESTED_ADDRESS_FAMILY)
    if family is None:
        family = IPV4
    if has_other and reserves:
        raise Refused(Code.BAD_REQUEST)
    if has_other and request.number(Attribute.ADDITIONAL_ADDRESS_FAMILY, 1) != IPV6:
        raise Refused(Code.BAD_REQUEST)
    if not has_other and family not in request.registry.ports.families:
        raise Refused(Code.FAMILY_NOT_SUPPORTED)
    return Wish(family, IPV6 if has_other else None, even is not None, reserves)


def count_user(request: Request, wish: Wish) -> User:
    """Check 10. One that was reserved counts already; two addresses are one allocation."""
    if wish.kept is not None:
        return wish.kept.user
    user = request.registry.users.admit(request.sender.user, 2 if wish.reserves else 1)
    if user is None:
        raise Refused(Code.QUOTA)
    return user


def open_relays(
    request: Request, wish: Wish, user: User
) -> tuple[dict[int, Relay], dict[int, int], bytes | None]:
    """What could be opened by family, why the other could not, and the token of what is kept."""
    registry = request.registry
    if wish.kept is not None:
        return {wish.family: wish.kept.relay}, {}, None
    if wish.reserves:
        pair = registry.ports.take_pair(wish.family)
        if pair is None:
            registry.users.release(user, 2)
            raise Refused(Code.CAPACITY)
        return {wish.family: pair[0]}, {}, registry.reserve(pair[1], user, request.now)
    relays: dict[int, Relay] = {}
    failed: dict[int, int] = {}
    for family in (wish.family,) if wish.other is None else (wish.family, wish.other):
        if family not in registry.ports.families:
            failed[family] = Code.FAMILY_NOT_SUPPORTED
        elif (relay := registry.ports.take(family, even=wish.even)) is None:
            failed[family] = Code.CAPACITY
        else:
            relays[family] = relay
    if not relays:
        registry.users.release(user)
        raise Refused(failed[wish.family])
    return relays, failed, None


def describe(request: Request, allocation: Allocation) -> Attributes:
    """The success response (RFC 8656, section 7.2)."""
    transaction = request.message.transaction
    attributes: Attributes = [
        (Attribute.XOR_RELAYED_ADDRESS, pack_xor_address(relay.address, transaction))
        for _, relay in sorted(allocation.relays.items())
    ]
    attributes += [
        (Attribute.ADDRESS_ERROR_CODE, bytes([family, 0, code // 100, code % 100]))
        for family, code in allocation.failed.items()
    ]
    attributes.append(pack_lifetime(allocation.expires - request.now))
    attributes.append((Attribute.XOR_MAPPED_ADDRESS, pack_xor_address(request.client, transaction)))
    if allocation.token is not None:
        attributes.append((Attribute.RESERVATION_TOKEN, allocation.token))
    if allocation.ticket is not None:
        attributes.append((Attribute.MOBILITY_TICKET, allocation.ticket))
    return attributes
