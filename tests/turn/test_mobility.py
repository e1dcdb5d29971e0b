"""A client that comes by another address keeps its allocation (RFC 8016)."""

import pytest

from tests.turn.office import CLIENT, PEER, UDP, UDP_DOOR, Answer, Client, Office
from tests.turn.passage import OTHER_CLIENT, STREAM_DOOR, Passage
from turn.addresses import Address
from turn.registry import ABSENCE
from turn.relaying import Transmit
from turn.stun import Attribute, Method
from turn.tickets import Tickets

WANTED = Attribute.MOBILITY_TICKET, b""
LIFETIME = Attribute.LIFETIME, (600).to_bytes(4, "big")
ELSEWHERE: Address = "198.51.100.99", 41_000
HELLO = b"\x40\x00\x00\x05hello"


def shown(ticket: bytes) -> tuple[int, bytes]:
    return Attribute.MOBILITY_TICKET, ticket


def ticket_of(answer: Answer) -> bytes:
    assert answer.code == 0
    return answer.value(Attribute.MOBILITY_TICKET)


class Mover:
    """A client with a channel to PEER, which may go elsewhere."""

    def __init__(self, office: Office, address: Address = CLIENT, door: int = UDP_DOOR) -> None:
        self.office = office
        self.here = Client(office, address=address, door=door)
        self.ticket = ticket_of(self.here.allocate(WANTED))
        self.relay = self.here.relay()
        assert self.here.bind(0x4000, PEER).code == 0

    def at(self, address: Address, door: int = UDP_DOOR, username: str = "ann") -> Client:
        password = {"ann": "secret", "bob": "other"}[username]
        return Client(self.office, username, password, address, door=door)

    def heard(self) -> tuple[int, Address]:
        """Where a packet of the peer goes."""
        (sent,) = self.office.deliver(self.relay, PEER, b"hi")
        assert sent.data == b"\x40\x00\x00\x02hi" + bytes(2 if sent.via != UDP_DOOR else 0)
        return sent.via, sent.to


def test_without_a_word_there_is_no_ticket() -> None:
    answer = Client(Office()).allocate()

    assert not answer.message.has(Attribute.MOBILITY_TICKET)


def test_a_client_that_has_moved_keeps_address_permissions_and_channels() -> None:
    mover = Mover(Office())
    there = mover.at(ELSEWHERE)

    renewed = ticket_of(there.refresh(600, shown(mover.ticket)))
    assert renewed != mover.ticket
    assert mover.heard() == (UDP_DOOR, CLIENT)  # until it says something
    (sent,) = mover.office.send(HELLO, ELSEWHERE)
    assert sent == Transmit(mover.relay, PEER, b"hello")
    assert mover.heard() == (UDP_DOOR, ELSEWHERE)
    assert mover.office.send(HELLO, CLIENT) == []
    assert there.refresh(600).code == 0
    assert mover.here.refresh(600).code == 437
    assert len(mover.office.sockets.open_now) == 1


def test_a_send_indication_arrives_there_too() -> None:
    mover = Mover(Office())
    there = mover.at(ELSEWHERE)
    there.refresh(600, shown(mover.ticket))

    there.indicate(PEER, b"here")
    assert mover.heard() == (UDP_DOOR, ELSEWHERE)


def test_until_then_both_addresses_are_served() -> None:
    mover = Mover(Office())
    there = mover.at(ELSEWHERE)
    there.refresh(600, shown(mover.ticket))

    assert mover.office.send(HELLO, CLIENT) == [Transmit(mover.relay, PEER, b"hello")]
    assert mover.heard() == (UDP_DOOR, CLIENT)
    assert mover.here.refresh(600).code == 0
    assert mover.heard() == (UDP_DOOR, CLIENT)


def test_a_request_arrives_there_too() -> None:
    mover = Mover(Office())
    there = mover.at(ELSEWHERE)
    there.refresh(600, shown(mover.ticket))

    assert there.permit(PEER).code == 0
    assert mover.heard() == (UDP_DOOR, ELSEWHERE)


def test_when_the_answer_was_lost_the_same_comes_again() -> None:
    mover = Mover(Office())
    there = mover.at(ELSEWHERE)
    renewed = ticket_of(there.refresh(600, shown(mover.ticket)))

    assert ticket_of(there.refresh(600, shown(mover.ticket))) == renewed
    mover.office.send(HELLO, ELSEWHERE)
    assert ticket_of(there.refresh(600, shown(mover.ticket))) == renewed


def test_a_client_may_move_on_by_its_new_ticket_only() -> None:
    mover = Mover(Office())
    renewed = ticket_of(mover.at(ELSEWHERE).refresh(600, shown(mover.ticket)))
    third: Address = "198.51.100.100", 42_000

    assert mover.at(third).refresh(600, shown(mover.ticket)).code == 437
    assert mover.at(third).refresh(600, shown(renewed)).code == 0
    assert mover.at(ELSEWHERE).refresh(600).code == 437  # it was never there
    mover.office.send(HELLO, third)
    assert mover.heard() == (UDP_DOOR, third)


def test_what_makes_no_sense_is_refused_in_the_rfc_s_order() -> None:
    office = Office()
    mover = Mover(office)
    there = mover.at(ELSEWHERE)

    assert Client(office, address=("192.0.2.9", 1)).allocate(shown(mover.ticket)).code == 400
    for forged in (b"", b"x", mover.ticket[:-1], mover.ticket + b"x", bytes(32)):
        assert there.refresh(600, shown(forged)).code == 400
    assert mover.here.refresh(600, shown(mover.ticket)).code == 400  # it is there
    assert mover.at(ELSEWHERE, username="bob").refresh(600, shown(mover.ticket)).code == 441
    assert there.allocate().code == 0
    assert there.refresh(600, shown(mover.ticket)).code == 437  # it has another one there
    assert mover.here.refresh(0).code == 0
    assert mover.at(("192.0.2.9", 2)).refresh(600, shown(mover.ticket)).code == 437


def test_an_allocation_can_be_ended_from_elsewhere() -> None:
    mover = Mover(Office())

    assert mover.at(ELSEWHERE).refresh(0, shown(mover.ticket)).code == 0
    assert mover.office.sockets.open_now == {}
    assert mover.office.server.allocations() == 0


def test_a_connection_that_ends_leaves_time_to_come_by_another_one() -> None:
    office = Office()
    for door in (2, 3):
        office.server.open_door(door, is_stream=True)
    mover = Mover(office, door=2)
    office.server.close_door(2, office.now)
    assert office.server.allocations() == 1
    office.wait(ABSENCE / 2)

    there = mover.at(ELSEWHERE, 3)
    assert there.refresh(600, shown(mover.ticket)).code == 0
    assert mover.heard() == (3, ELSEWHERE)  # there is no other place any more
    office.wait(ABSENCE)
    assert there.refresh(0).code == 0
    assert office.sockets.open_now == {}


def test_a_client_that_does_not_come_again_is_forgotten() -> None:
    office = Office()
    office.server.open_door(2, is_stream=True)
    mover = Mover(office, door=2)
    office.server.close_door(2, office.now)

    office.wait(ABSENCE)
    assert office.server.allocations() == 0
    assert office.sockets.open_now == {}
    assert mover.at(ELSEWHERE).refresh(600, shown(mover.ticket)).code == 437


def test_the_old_connection_s_end_counts_as_arrival() -> None:
    office = Office()
    office.server.open_door(2, is_stream=True)
    mover = Mover(office, door=2)
    assert mover.at(ELSEWHERE).refresh(600, shown(mover.ticket)).code == 0
    office.server.close_door(2, office.now)

    assert mover.heard() == (UDP_DOOR, ELSEWHERE)
    office.wait(2 * ABSENCE)
    assert office.server.allocations() == 1


def test_the_new_connection_s_end_leaves_all_as_it_was() -> None:
    office = Office()
    office.server.open_door(2, is_stream=True)
    mover = Mover(office)
    assert mover.at(ELSEWHERE, 2).refresh(600, shown(mover.ticket)).code == 0
    office.server.close_door(2, office.now)

    assert mover.heard() == (UDP_DOOR, CLIENT)
    office.wait(2 * ABSENCE)
    assert office.server.allocations() == 1


def test_loops_forget_where_the_client_was() -> None:
    passage = Passage()
    mover = Mover(passage)
    for _ in range(2):
        passage.come(UDP_DOOR, [(HELLO, CLIENT)])
    asked = passage.asked
    assert mover.at(OTHER_CLIENT).refresh(600, shown(mover.ticket)).code == 0
    passage.come(UDP_DOOR, [(HELLO, CLIENT)])
    assert passage.asked == asked

    together = [(HELLO, CLIENT), (HELLO, OTHER_CLIENT), (HELLO, CLIENT)]
    passage.come(UDP_DOOR, together)
    assert passage.come(UDP_DOOR, [(HELLO, CLIENT)]) == []
    (sent,) = passage.come(mover.relay, [(b"hi", PEER)])
    assert sent.to == OTHER_CLIENT


def test_loops_send_nothing_to_a_connection_that_has_ended() -> None:
    passage = Passage()
    nobody: Address = ("192.0.2.200", 1)
    mover = Mover(passage, nobody, STREAM_DOOR)
    passage.send(HELLO, nobody, STREAM_DOOR)
    passage.come(UDP_DOOR, [])
    passage.server.close_door(STREAM_DOOR, passage.now)
    passage.come(UDP_DOOR, [])

    (sent,) = passage.come(mover.relay, [(b"hi", PEER)])
    assert passage.asked == 1  # and so the shell, which has no such door
    assert sent.via == STREAM_DOOR


@pytest.mark.parametrize("at", range(32))
def test_no_bit_of_a_ticket_may_change(at: int) -> None:
    tickets = Tickets(lambda size: bytes(range(size)))
    ticket = bytearray(tickets.make())
    assert tickets.is_ours(bytes(ticket))
    assert ticket.decode().isascii()
    assert len(ticket) == 32

    ticket[at] ^= 1
    assert not tickets.is_ours(bytes(ticket))


def test_nothing_is_left_of_clients_that_move_and_end() -> None:
    office = Office()
    for number in range(300):
        office.now += 1
        mover = Mover(office, ("192.0.2.9", 1 + number))
        there = mover.at(("192.0.2.10", 1 + number))
        renewed = ticket_of(there.refresh(600, shown(mover.ticket)))
        if number % 3:
            office.send(HELLO, there.address)
        if number % 2:
            there = mover.at(("192.0.2.11", 1 + number))
            assert there.refresh(600, shown(renewed)).code == 0
        assert there.refresh(0).code == 0
    registry = office.server._registry
    assert (registry.by_ticket, registry.by_relay, office.sockets.open_now) == ({}, {}, {})
    assert Client(office, address=ELSEWHERE).ask(Method.ALLOCATE, UDP, LIFETIME).code == 0
