"""Packets through the relay, and what ends with time."""

from hypothesis import given
from hypothesis import strategies as st

from tests.turn.office import CLIENT, PEER, Answer, Client, Office, make_config
from turn.drop import Drop
from turn.quota import Limits
from turn.stun import Attribute, Class, Message, Method, unpack_xor_address

STRANGER = "203.0.113.77", 5000


def test_a_channel_carries_both_ways() -> None:
    office = Office()
    client = Client(office)
    client.allocate()
    client.bind(0x4001, PEER)
    relay = client.relay()

    assert office.send(b"\x40\x01\x00\x05hello\0\0\0") == [(relay, PEER, b"hello", False)]
    assert office.deliver(relay, PEER, b"hi") == [(1, CLIENT, b"\x40\x01\x00\x02hi", False)]


def test_on_a_stream_channel_data_is_padded() -> None:
    office = Office()
    office.server.open_door(2, is_stream=True)
    client = Client(office, door=2)
    client.allocate()
    client.bind(0x4001, PEER)

    (sent,) = office.deliver(client.relay(), PEER, b"hello")
    assert sent.data == b"\x40\x01\x00\x05hello\0\0\0"


def test_indications_carry_both_ways() -> None:
    office = Office()
    client = Client(office)
    client.allocate()
    client.permit(PEER)
    relay = client.relay()

    assert client.indicate(PEER, b"hello") == [(relay, PEER, b"hello", False)]
    whole = client.indicate(PEER, b"hello", (Attribute.DONT_FRAGMENT, b""))
    assert whole == [(relay, PEER, b"hello", True)]
    (sent,) = office.deliver(relay, (PEER[0], 6000), b"hi")
    message = Message.parse(sent.data)
    assert (message.method, message.kind) == (Method.DATA, Class.INDICATION)
    assert message.get(Attribute.DATA) == b"hi"
    assert Answer(sent.data).address(Attribute.XOR_PEER_ADDRESS) == (PEER[0], 6000)


def test_an_icmp_error_is_told_to_who_may_send_there() -> None:
    office = Office()
    client = Client(office)
    client.allocate()
    client.permit(PEER)
    relay = client.relay()

    office.server.receive_icmp(relay, PEER, 3, 4, 1400, office.now)
    office.server.receive_icmp(relay, STRANGER, 3, 4, 1400, office.now)
    (sent,) = office.server.take_transmits()
    message = Message.parse(sent.data)
    assert message.get(Attribute.ICMP) == bytes([0, 0, 3 << 1, 4, 0, 0, 0x05, 0x78])
    value = message.get(Attribute.XOR_PEER_ADDRESS)
    assert value is not None
    assert unpack_xor_address(value, message.transaction) == PEER


def test_what_has_no_permission_is_dropped_by_name() -> None:
    office = Office()
    client = Client(office)
    assert office.send(b"\x40\x01\x00\x05hello") == []
    client.allocate()
    client.bind(0x4001, PEER)
    relay = client.relay()

    assert office.send(b"\x40\x02\x00\x05hello") == []
    assert office.send(b"\x40\x01\x00\x06hello") == []
    assert client.indicate(("203.0.113.10", 1), b"") == []
    assert client.indicate(("192.0.2.1", 1), b"") == []
    assert client.indicate(PEER, b"", (0x7ABC, b"")) == []
    assert office.deliver(relay, STRANGER, b"hi") == []
    assert office.deliver(relay + 1, PEER, b"hi") == []
    assert office.deliver(relay, (PEER[0], 1), bytes(65_500)) == []
    assert office.server.dropped == {
        Drop.NO_ALLOCATION: 2,
        Drop.NO_CHANNEL: 1,
        Drop.MALFORMED: 1,
        Drop.NO_PERMISSION: 2,
        Drop.FORBIDDEN_PEER: 1,
        Drop.UNKNOWN_ATTRIBUTE: 1,
        Drop.TOO_LONG: 1,
    }


def test_a_user_has_so_many_bytes_per_second_both_ways() -> None:
    office = Office(make_config(limits=Limits(bandwidth=1000)))
    client = Client(office)
    client.allocate()
    client.bind(0x4001, PEER)
    packet = b"\x40\x01\x01\xf4" + bytes(500)

    assert len(office.send(packet)) == 1
    assert len(office.deliver(client.relay(), PEER, bytes(500))) == 1
    assert office.send(packet) == []
    assert office.deliver(client.relay(), PEER, bytes(500)) == []
    assert client.indicate(PEER, bytes(500)) == []
    assert office.server.dropped == {Drop.BANDWIDTH: 3}
    office.wait(0.5)
    assert len(office.send(packet)) == 1


def test_a_permission_lasts_5_minutes_and_a_channel_10() -> None:
    office = Office()
    client = Client(office)
    client.allocate((Attribute.LIFETIME, (3600).to_bytes(4, "big")))
    client.bind(0x4001, PEER)
    office.wait(299)
    assert len(office.send(b"\x40\x01\x00\x00")) == 1

    office.wait(1)
    assert office.send(b"\x40\x01\x00\x00") == []
    assert client.permit(PEER).code == 0
    assert len(office.send(b"\x40\x01\x00\x00")) == 1

    office.wait(300)
    client.permit(PEER)
    assert office.send(b"\x40\x01\x00\x00") == []
    assert office.server.dropped == {Drop.NO_PERMISSION: 1, Drop.NO_CHANNEL: 1}
    (sent,) = office.deliver(client.relay(), PEER, b"hi")
    assert Message.parse(sent.data).method == Method.DATA  # not by the channel any more
    assert client.bind(0x4002, PEER).code == 0


def test_an_allocation_lasts_as_long_as_was_said() -> None:
    office = Office()
    client = Client(office)
    client.allocate()
    office.wait(599)
    client.permit(PEER)
    assert client.refresh(600).lifetime == 600
    office.wait(599)
    assert client.permit(PEER).code == 0
    office.wait(1)

    assert client.permit(PEER).code == 437
    assert client.indicate(PEER, b"") == []
    assert not office.sockets.open_now
    assert office.server.next_timeout() is None


def test_nothing_is_left_of_ten_thousand_allocations() -> None:
    office = Office(make_config(limits=Limits(allocations=0)))
    first = Client(office)
    first.learn(first.tell(Message(Method.ALLOCATE, Class.REQUEST, bytes(12))))
    for number in range(10_000):
        client = Client(office, address=("198.51.100.7", 1024 + number))
        client.nonce, client.realm = first.nonce, first.realm
        assert client.allocate().code == 0
        if number % 2:
            assert client.refresh(0).code == 0
    assert len(office.sockets.open_now) == office.server.allocations() == 5000

    office.wait(600)
    assert office.sockets.open_now == {}
    assert office.server.allocations() == 0
    assert office.server.next_timeout() is None


def test_one_client_that_comes_and_goes_leaves_nothing() -> None:
    office = Office()
    client = Client(office)
    for _ in range(2000):
        assert client.allocate().code == 0
        assert client.refresh(0).code == 0

    registry = office.server._registry
    assert len(registry._ends) < 200
    assert len(registry.users) == registry.ports.count() == 0


def test_with_a_connection_its_allocation_ends() -> None:
    office = Office()
    office.server.open_door(2, is_stream=True)
    Client(office, door=2).allocate()
    assert office.server.is_in_use(2)

    office.server.close_door(2, office.now)
    assert not office.sockets.open_now


@given(st.lists(st.binary(max_size=80), max_size=10), st.booleans())
def test_any_bytes_are_relayed_answered_or_dropped(packets: list[bytes], is_stream: bool) -> None:
    office = Office()
    office.server.open_door(2, is_stream=is_stream)
    client = Client(office, door=2)
    client.allocate()
    client.bind(0x4001, PEER)
    for packet in packets:
        office.send(packet, door=2)
        office.send(b"\x40\x01" + packet, door=2)
        office.deliver(client.relay(), PEER, packet)


@given(
    st.sampled_from(list(Method)),
    st.lists(st.tuples(st.sampled_from(list(Attribute)), st.binary(max_size=24)), max_size=6),
)
def test_any_attributes_of_a_user_are_answered(
    method: Method, attributes: list[tuple[int, bytes]]
) -> None:
    office = Office()
    client = Client(office)
    client.allocate()
    data = client.seal(Message(method, Class.REQUEST, bytes(12), attributes))

    assert len(office.send(data)) <= 1
    office.send(bytes(Message(Method.SEND, Class.INDICATION, bytes(12), attributes)))
