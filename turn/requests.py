"""Refresh, CreatePermission and ChannelBind: what a client with an allocation asks for.

Each function does its checks in the RFC's order and gives the attributes of the success response.
"""

from collections.abc import Callable, Collection

from turn.addresses import Address
from turn.allocating import allocate
from turn.allocation import Allocation, Channel, family_of
from turn.asking import Attributes, Code, Refused, Request, pack_lifetime
from turn.channeldata import CHANNELS, OLD_CHANNELS
from turn.mobility import find_moving
from turn.stun import Attribute, Method


def refresh(request: Request) -> Attributes:
    """RFC 8656, section 8.2; with a ticket RFC 8016, section 3.2.2."""
    ticket, moves = request.message.get(Attribute.MOBILITY_TICKET), False
    if ticket is None:
        allocation = request.allocation()
    else:
        allocation, moves = find_moving(request, ticket)
    family = request.number(Attribute.REQUESTED_ADDRESS_FAMILY, 1)
    if family is not None and family not in allocation.relays:
        raise Refused(Code.FAMILY_MISMATCH)
    lifetime = request.lifetime()
    if lifetime:
        lifetime = prolong(request, allocation, lifetime)
    elif family is not None:
        request.registry.remove_family(allocation, family)
    else:
        request.registry.remove(allocation)
    if moves and lifetime:
        request.registry.move(allocation, request.door, request.client)
    if ticket is None or not lifetime or allocation.ticket is None:
        return [pack_lifetime(lifetime)]
    return [pack_lifetime(lifetime), (Attribute.MOBILITY_TICKET, allocation.ticket)]


def prolong(request: Request, allocation: Allocation, lifetime: float) -> float:
    """Never beyond the age at which an allocation ends; returns what is left."""
    oldest = request.config.limits.age
    expires = request.now + lifetime
    if oldest:
        expires = min(expires, allocation.begun + oldest)
    # It is never shortened: the end that it has been told stands.
    allocation.expires = max(allocation.expires, expires)
    return allocation.expires - request.now


def create_permission(request: Request) -> Attributes:
    """RFC 8656, section 10.2: all of them, or none."""
    allocation = request.allocation()
    peers = request.peers()
    if not peers:
        raise Refused(Code.BAD_REQUEST)
    check_families(allocation, peers)
    if not all(request.config.policy.allows_host(host) for host, _ in peers):
        raise Refused(Code.FORBIDDEN)
    hosts = {host for host, _ in peers}
    if not allocation.may_permit(hosts, request.config.limits.permissions, request.now):
        raise Refused(Code.CAPACITY)
    for host in hosts:
        allocation.permit(host, request.now)
    return []


def bind_channel(request: Request) -> Attributes:
    """RFC 8656, section 12.2; numbers from before it for clients from before it."""
    allocation = request.allocation()
    number = request.number(Attribute.CHANNEL_NUMBER, 2)
    peers = request.peers()
    channels = OLD_CHANNELS if request.sender.is_old else CHANNELS
    if number is None or not peers or number not in channels:
        raise Refused(Code.BAD_REQUEST)
    peer, limits = peers[0], request.config.limits
    bound = allocation.channel(number, request.now)
    if bound is not None and bound.peer != peer:
        raise Refused(Code.BAD_REQUEST)
    if allocation.number_of(peer, request.now) not in (None, number):
        raise Refused(Code.BAD_REQUEST)
    check_families(allocation, peers[:1])
    if not request.config.policy.allows(peer):
        raise Refused(Code.FORBIDDEN)
    if not allocation.may_permit({peer[0]}, limits.permissions, request.now):
        raise Refused(Code.CAPACITY)
    if bound is None and not allocation.may_bind(limits.channels, request.now):
        raise Refused(Code.CAPACITY)
    relay = allocation.relays[family_of(peer[0])]
    allocation.bind(Channel(number, peer, relay.number), request.now)
    return []


def check_families(allocation: Allocation, peers: Collection[Address]) -> None:
    if any(family_of(peer[0]) not in allocation.relays for peer in peers):
        raise Refused(Code.FAMILY_MISMATCH)


HANDLERS: dict[int, Callable[[Request], Attributes]] = {
    Method.ALLOCATE: allocate,
    Method.REFRESH: refresh,
    Method.CREATE_PERMISSION: create_permission,
    Method.CHANNEL_BIND: bind_channel,
}
