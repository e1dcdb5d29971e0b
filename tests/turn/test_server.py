"""What clients ask of the relay, and are answered."""

import pytest

from tests.turn.office import (
    CLIENT,
    PEER,
    PEER6,
    RELAY,
    RELAY6,
    UDP,
    Answer,
    Client,
    Office,
    make_config,
)
from turn.authentication import Algorithm
from turn.drop import Drop
from turn.notes import GRANTED, MOST, UNPROVEN, Notes
from turn.quota import Limits
from turn.stun import (
    Attribute,
    Class,
    ErrorCode,
    Message,
    Method,
    pack_error,
    unpack_unknown,
    unpack_xor_address,
)

EVEN = Attribute.EVEN_PORT, b"\x00"
EVEN_AND_NEXT = Attribute.EVEN_PORT, b"\x80"
IPV4 = Attribute.REQUESTED_ADDRESS_FAMILY, bytes([1, 0, 0, 0])
IPV6 = Attribute.REQUESTED_ADDRESS_FAMILY, bytes([2, 0, 0, 0])
BOTH = Attribute.ADDITIONAL_ADDRESS_FAMILY, bytes([2, 0, 0, 0])


def test_a_binding_tells_the_address_that_it_came_from() -> None:
    request = Message(Method.BINDING, Class.REQUEST, bytes(12))
    (answer,) = Office().send(bytes(request))

    assert Answer(answer.data).address(Attribute.XOR_MAPPED_ADDRESS) == CLIENT


def test_an_allocation_has_an_address_of_ours() -> None:
    office = Office()
    answer = Client(office).allocate()

    host, port = answer.address(Attribute.XOR_RELAYED_ADDRESS)
    assert answer.code == 0
    assert (host, [(1, port)]) == (RELAY, list(office.sockets.open_now.values()))
    assert answer.address(Attribute.XOR_MAPPED_ADDRESS) == CLIENT
    assert answer.lifetime == 600


@pytest.mark.parametrize("algorithm", [None, Algorithm.MD5, Algorithm.SHA256])
def test_the_answer_is_sealed_as_the_request_was(algorithm: Algorithm | None) -> None:
    answer = Client(Office(), algorithm=algorithm).allocate()

    assert answer.code == 0
    by_sha256 = algorithm is Algorithm.SHA256
    assert answer.message.has(Attribute.MESSAGE_INTEGRITY_SHA256) == by_sha256
    assert answer.message.has(Attribute.MESSAGE_INTEGRITY) != by_sha256


def test_a_repeated_allocate_gets_the_same_answer_and_another_one_437() -> None:
    office = Office()
    client = Client(office)
    first = client.ask(Method.ALLOCATE, UDP, transaction=b"twelve bytes")
    again = client.ask(Method.ALLOCATE, UDP, transaction=b"twelve bytes")

    relayed = Attribute.XOR_RELAYED_ADDRESS
    assert again.address(relayed) == first.address(relayed)
    assert client.allocate().code == 437
    assert len(office.sockets.open_now) == 1


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ([], 400),  # no REQUESTED-TRANSPORT
        ([(Attribute.REQUESTED_TRANSPORT, b"\x11")], 400),
        ([(Attribute.REQUESTED_TRANSPORT, bytes([6, 0, 0, 0]))], 442),
        ([UDP, (0x7ABC, b"")], 420),
        ([UDP, (Attribute.RESERVATION_TOKEN, bytes(8)), EVEN], 400),
        ([UDP, (Attribute.RESERVATION_TOKEN, bytes(8)), IPV4], 400),
        ([UDP, (Attribute.RESERVATION_TOKEN, bytes(7))], 400),
        ([UDP, (Attribute.RESERVATION_TOKEN, bytes(8))], 508),
        ([UDP, IPV6, BOTH], 400),
        ([UDP, (Attribute.REQUESTED_ADDRESS_FAMILY, bytes([3, 0, 0, 0]))], 440),
        ([UDP, EVEN_AND_NEXT, BOTH], 400),
        ([UDP, (Attribute.EVEN_PORT, b"")], 400),
        ([UDP, (Attribute.ADDITIONAL_ADDRESS_FAMILY, bytes([1, 0, 0, 0]))], 400),
        ([UDP, (Attribute.LIFETIME, b"\x01")], 400),
    ],
)
def test_an_allocate_that_makes_no_sense(attributes: list[tuple[int, bytes]], code: int) -> None:
    office = Office()

    assert Client(office).ask(Method.ALLOCATE, *attributes).code == code
    assert not office.sockets.open_now
    assert office.server.errors[code] == 1


def test_an_unknown_attribute_is_named() -> None:
    answer = Client(Office()).allocate((0x7ABC, b""))

    assert unpack_unknown(answer.value(Attribute.UNKNOWN_ATTRIBUTES)) == [0x7ABC]


def test_two_families_are_allocated_together() -> None:
    answer = Client(Office()).allocate(BOTH)

    transaction = answer.message.transaction
    relayed = answer.message.get_all(Attribute.XOR_RELAYED_ADDRESS)
    assert [unpack_xor_address(value, transaction)[0] for value in relayed] == [RELAY, RELAY6]


def test_of_two_families_the_one_that_is_there_is_given() -> None:
    answer = Client(Office(make_config(hosts={1: RELAY}))).allocate(BOTH)

    assert answer.address(Attribute.XOR_RELAYED_ADDRESS)[0] == RELAY
    assert answer.value(Attribute.ADDRESS_ERROR_CODE) == bytes([2, 0, 4, 40])


def test_a_family_that_is_not_there_is_refused() -> None:
    only_ipv4 = Office(make_config(hosts={1: RELAY}))
    only_ipv6 = Office(make_config(hosts={2: RELAY6}))

    assert Client(only_ipv4).allocate(IPV6).code == 440
    assert Client(only_ipv6).allocate().code == 440
    assert Client(only_ipv6).allocate(IPV6).code == 0


def test_one_family_of_two_can_be_given_back() -> None:
    office = Office()
    client = Client(office)
    client.allocate(BOTH)
    assert client.permit(PEER, PEER6).code == 0

    assert client.refresh(0, IPV4).code == 0
    assert client.indicate(PEER, b"hello") == []
    assert [t.data for t in client.indicate(PEER6, b"hello")] == [b"hello"]
    assert client.refresh(600, IPV4).code == 443
    assert client.refresh(0, IPV6).code == 0
    assert client.refresh(600).code == 437
    assert not office.sockets.open_now


def test_an_even_port_and_the_next_one() -> None:
    office = Office()
    first, second = Client(office), Client(office, address=("198.51.100.7", 40_001))
    answer = first.allocate(EVEN_AND_NEXT)
    _, port = answer.address(Attribute.XOR_RELAYED_ADDRESS)
    token = Attribute.RESERVATION_TOKEN, answer.value(Attribute.RESERVATION_TOKEN)

    assert port % 2 == 0
    assert second.allocate(token).address(Attribute.XOR_RELAYED_ADDRESS)[1] == port + 1
    assert Client(office, address=("198.51.100.7", 40_002)).allocate(token).code == 508


def test_a_reserved_port_is_kept_for_its_user_and_for_30_seconds() -> None:
    office = Office()
    answer = Client(office).allocate(EVEN_AND_NEXT)
    token = Attribute.RESERVATION_TOKEN, answer.value(Attribute.RESERVATION_TOKEN)
    other = Client(office, "bob", "other", ("198.51.100.8", 40_000))

    assert other.allocate(token).code == 508
    assert len(office.sockets.open_now) == 2
    office.wait(30)
    assert len(office.sockets.open_now) == 1


def test_ports_of_others_are_passed_over_and_the_last_one_is_found() -> None:
    office = Office(make_config(ports=range(30_000, 30_008)))
    office.sockets.busy = set(range(30_000, 30_007))

    answer = Client(office).allocate()
    assert answer.address(Attribute.XOR_RELAYED_ADDRESS)[1] == 30_007
    assert Client(office, address=("198.51.100.7", 40_001)).allocate().code == 508


def test_requests_without_an_allocation_are_refused() -> None:
    client = Client(Office())

    assert client.refresh(600).code == 437
    assert client.permit(PEER).code == 437
    assert client.bind(0x4000, PEER).code == 437


def test_another_user_cannot_speak_for_an_allocation() -> None:
    office = Office()
    Client(office).allocate()
    other = Client(office, "bob", "other")

    assert other.refresh(0).code == 441
    assert other.permit(PEER).code == 441
    assert len(office.sockets.open_now) == 1


@pytest.mark.parametrize("number", [0x0000, 0x3FFF, 0x5000, 0x7FFF, 0x8000, 0xFFFF])
def test_a_channel_number_out_of_range_is_refused(number: int) -> None:
    client = Client(Office(), algorithm=Algorithm.SHA256)
    client.allocate()

    assert client.bind(number, PEER).code == 400


@pytest.mark.parametrize(
    ("number", "code"), [(0x3FFF, 400), (0x5000, 0), (0x7FFF, 0), (0x8000, 400)]
)
def test_clients_from_before_rfc_8656_have_more_channel_numbers(number: int, code: int) -> None:
    client = Client(Office())
    client.allocate()

    assert client.bind(number, PEER).code == code


def test_a_channel_and_a_peer_belong_together() -> None:
    client = Client(Office())
    client.allocate()
    other = "203.0.113.10", 5000

    assert client.bind(0x4000, PEER).code == 0
    assert client.bind(0x4000, PEER).code == 0
    assert client.bind(0x4000, other).code == 400
    assert client.bind(0x4001, PEER).code == 400
    assert client.bind(0x4001, other).code == 0


def test_a_peer_of_another_family_is_refused() -> None:
    client = Client(Office())
    client.allocate()

    assert client.permit(PEER, PEER6).code == 443
    assert client.bind(0x4000, PEER6).code == 443
    assert client.indicate(PEER, b"") == []  # none of both was permitted


def test_no_peer_at_all_is_refused() -> None:
    client = Client(Office())
    client.allocate()

    assert client.permit().code == 400
    assert client.ask(Method.CHANNEL_BIND).code == 400
    broken = (Attribute.XOR_PEER_ADDRESS, b"\x00\x01")
    assert client.ask(Method.CREATE_PERMISSION, broken).code == 400


def test_permissions_and_channels_are_bounded() -> None:
    limits = Limits(permissions=3, channels=2)
    client = Client(Office(make_config(limits=limits)))
    client.allocate()
    peers = [(f"203.0.113.{n}", 5000) for n in range(4)]

    assert client.permit(*peers).code == 508
    assert client.permit(*peers[:3]).code == 0
    assert client.permit(peers[3]).code == 508
    assert client.bind(0x4000, peers[0]).code == 0
    assert client.bind(0x4001, (peers[0][0], 5001)).code == 0
    assert client.bind(0x4002, (peers[0][0], 5002)).code == 508


@pytest.mark.parametrize(
    ("asked", "granted"), [(1, 600), (600, 600), (1000, 1000), (4_000_000_000, 3600)]
)
def test_a_lifetime_is_granted_within_bounds(asked: int, granted: int) -> None:
    client = Client(Office())
    lifetime = Attribute.LIFETIME, asked.to_bytes(4, "big")

    assert client.allocate(lifetime).lifetime == granted
    assert client.refresh(asked).lifetime == granted


def test_an_allocation_does_not_live_for_ever() -> None:
    office = Office(make_config(limits=Limits(age=5000)))
    client = Client(office)
    client.allocate((Attribute.LIFETIME, (3600).to_bytes(4, "big")))
    office.wait(3000)

    assert client.refresh(3600).lifetime == 2000
    office.wait(2000)
    assert office.server.allocations() == 0


def test_a_method_that_we_do_not_know_is_not_answered() -> None:
    office = Office()

    assert office.send(bytes(Message(0x00A, Class.REQUEST, bytes(12)))) == []
    assert office.send(bytes(Message(Method.DATA, Class.INDICATION, bytes(12)))) == []
    error = Message(
        Method.BINDING,
        Class.ERROR,
        bytes(12),
        [(Attribute.ERROR_CODE, pack_error(ErrorCode(400)))],
    )
    assert office.send(bytes(error)) == []
    assert office.server.dropped == {Drop.UNKNOWN_METHOD: 3}


def test_who_gets_an_address_and_who_does_not_is_noted_once() -> None:
    office = Office(make_config(limits=Limits(allocations=1)))
    first, second = Client(office), Client(office, address=("192.0.2.9", 7))
    assert first.allocate().code == 0
    assert first.refresh(600).code == 0
    assert second.allocate().code == 486

    notes = [(note.user, note.client, note.code) for note in office.server.notes.take()]
    assert notes == [("ann", CLIENT[0], GRANTED), ("ann", "192.0.2.9", 486)]
    assert office.server.notes.take() == []


def test_guesses_at_a_password_are_noted_a_few_times_a_second() -> None:
    office = Office()
    for _ in range(50):
        Client(office, password="wrong").allocate()
    few = office.server.notes.take()
    office.now += 1
    Client(office, password="wrong").allocate()

    assert [(note.user, note.code) for note in few] == [("", 401)] * UNPROVEN
    assert len(office.server.notes.take()) == 1


def test_notes_that_nobody_takes_do_not_grow() -> None:
    notes = Notes()
    for _ in range(10 * MOST):
        notes.add("ann", "192.0.2.1", GRANTED)

    assert len(notes.take()) == MOST
