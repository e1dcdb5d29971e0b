"""Many join at once: their handshakes are worked off in slices."""

from sfu.backlog import MOST, Backlog
from sfu.commands import AddPeer, AddTransport
from sfu.config import PlaneConfig
from sfu.drop import Drop
from sfu.events import TransportChanged, TransportState
from sfu.media import Candidate, IceCredentials
from sfu.node import MediaNode
from sfu.path import TCP, Path
from sfu.ring import Ring
from sfu.transport.certificate import Certificate
from turn.stun import Attribute, Class, Message, Method

OURS = IceCredentials("server01", "server-password-0123456789")
ALICE: Path = (0, ("192.0.2.1", 5000))
CONNECTION: Path = (TCP, ("192.0.2.1", 5000, 7))


class Time:
    """So many steps are left in this slice."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def has_time(self) -> bool:
        self.steps -= 1
        return self.steps >= 0


def node(time: Time) -> MediaNode:
    media = MediaNode(
        "ND_test",
        [Candidate("udp", "192.0.2.100", 7882)],
        Certificate(),
        Ring(),
        PlaneConfig(),
        randbytes=lambda size: bytes(size),
        has_time=time.has_time,
    )
    media.handle(AddPeer("RM_1", "PA_1", "alice"), 0.0)
    media.handle(AddTransport("PA_1/0", "PA_1", OURS), 0.0)
    return media


def check(number: int = 0) -> bytes:
    username = (int(Attribute.USERNAME), f"{OURS.ufrag}:them".encode())
    transaction = number.to_bytes(12, "big")
    message = Message(Method.BINDING, Class.REQUEST, transaction, [username])
    return message.sealed(OURS.password.encode())


def answered(media: MediaNode) -> list[int]:
    """Numbers of the checks that were answered since the last time."""
    datagrams = [t.data for t in media.take_transmits()]
    answers = [Message.parse(data) for data in datagrams if data[0] < 4]
    return [int.from_bytes(answer.transaction, "big") for answer in answers]


def changes(media: MediaNode) -> list[TransportState]:
    return [e.state for e in media.take_events() if isinstance(e, TransportChanged)]


def test_a_slice_does_what_there_is_time_for_and_the_rest_is_due_at_once() -> None:
    time = Time(2)
    media = node(time)
    for number in range(5):
        media.receive_datagram(check(number), ALICE, 0.01 * number)
    assert answered(media) == [0, 1]
    assert media.next_timeout() == 0.02

    time.steps = 2
    media.handle_timeout(0.05)
    assert answered(media) == [2, 3]

    time.steps = 2
    media.handle_timeout(0.06)
    assert answered(media) == [4]
    due = media.next_timeout()
    assert due is None or due > 0.06


def test_what_waits_for_its_turn_has_come_in_time() -> None:
    """A process with too much to do does not end connections whose checks it has not read yet."""
    time = Time(1)
    media = node(time)
    media.receive_datagram(check(), ALICE, 0.0)
    media.receive_datagram(check(1), ALICE, 9.0)  # it waits
    for now in (11.0, 20.0, 40.0):
        media.handle_timeout(now)
        assert not changes(media)

    time.steps = 10
    media.handle_timeout(40.5)
    assert answered(media) == [0, 1]
    assert not changes(media)
    media.handle_timeout(51.0)
    assert not changes(media)
    media.handle_timeout(56.0)
    assert changes(media) == [TransportState.FAILED]


def test_a_client_whose_rtcp_arrives_is_there() -> None:
    time = Time(100)
    media = node(time)
    media.receive_datagram(check(), ALICE, 0.0)
    heard_at = media.plane.clients.heard_at
    for now in range(5, 60, 5):
        heard_at[0] = float(now)
        time.steps = 100
        media.handle_timeout(float(now))
        assert not changes(media)

    for now in (65, 75):
        media.handle_timeout(float(now))
    assert changes(media) == [TransportState.FAILED]


def test_a_check_by_a_connection_that_has_ended_since_proves_nothing() -> None:
    time = Time(0)
    media = node(time)
    media.receive_datagram(check(), CONNECTION, 1.0)
    media.path_closed(CONNECTION, 1.1)

    time.steps = 9
    media.handle_timeout(1.2)

    assert answered(media) == []
    assert media.take_proven() == []


def test_a_flood_costs_a_bounded_memory_and_is_counted() -> None:
    media = node(Time(0))
    for number in range(MOST + 3):
        media.receive_datagram(check(number), ALICE, 1.0)

    assert media.dropped[Drop.OVERLOADED] == 3


def test_what_waits_leaves_in_the_order_in_which_it_came() -> None:
    backlog = Backlog(lambda: True)
    for number in range(4):
        backlog.add(bytes([number]), ALICE if number % 2 else CONNECTION, float(number))
    backlog.forget(CONNECTION)

    assert list(backlog.take()) == [(b"\x01", ALICE), (b"\x03", ALICE)]
    assert backlog.next_timeout() is None
