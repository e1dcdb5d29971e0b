"""Mobility: an allocation stays with its client when that comes by another address (RFC 8016).

It moves with the first Refresh that shows its ticket (`tickets.py`) from another five-tuple. What
comes from peers goes to the old one until the client has sent something by the new one.
"""

from turn.allocation import Allocation
from turn.asking import Code, Refused, Request
from turn.stun import Attribute


def wants_ticket(request: Request) -> bool:
    """Of an Allocate (RFC 8016, section 3.1.2)."""
    value = request.message.get(Attribute.MOBILITY_TICKET)
    if value:
        raise Refused(Code.BAD_REQUEST)
    return value is not None


def find_moving(request: Request, ticket: bytes) -> tuple[Allocation, bool]:
    """The allocation of a Refresh with a ticket, and whether it is to be moved: not when our
    answer was lost (RFC 8016, section 3.2.2, in its order).
    """
    registry = request.registry
    if not registry.tickets.is_ours(ticket):
        raise Refused(Code.BAD_REQUEST)
    allocation = registry.by_ticket.get(ticket)
    if allocation is None:
        raise Refused(Code.MISMATCH)
    place = request.door, request.client
    is_repeated = ticket == allocation.old_ticket and place == allocation.newest
    if not is_repeated and place in allocation.places:
        raise Refused(Code.BAD_REQUEST)
    # From elsewhere an old ticket names no allocation, and another one there has its own client.
    if not is_repeated and (ticket != allocation.ticket or request.client in request.door.clients):
        raise Refused(Code.MISMATCH)
    if allocation.username != request.sender.username:
        raise Refused(Code.WRONG_CREDENTIALS)
    return allocation, not is_repeated
