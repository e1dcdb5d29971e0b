"""Single functions of the packet path and of a join, by pytest-benchmark: `pytest bench`."""

from pytest_benchmark.fixture import BenchmarkFixture

from bench import traffic
from bench.traffic import Arrival, Publisher
from sfu import rtp
from sfu.media import IceCredentials
from simulcast.descriptors.vp8 import Descriptor
from tests.signaling.negotiation.negotiating import answerer, hear, see, text
from tests.sim.call import OURS, THEIRS
from tests.sim.media import Call
from turn.stun import Attribute, Class, Message, Method

SECONDS = 4.0  # of prepared traffic; every packet can be received only once


def high_layer(call: Call, publisher: Publisher) -> list[Arrival]:
    return sorted(publisher.arrivals(call.now, SECONDS), key=lambda arrival: arrival.at)


def plain(call: Call, publisher: Publisher) -> bytes:
    """One packet of video before it is sealed."""
    return publisher.layers[-1].make(call.now)[0]


def test_read_a_header(benchmark: BenchmarkFixture) -> None:
    call, (speaker,) = traffic.broadcast(1, 1)
    packet, header = plain(call, speaker), rtp.Header()

    assert benchmark(header.read, packet, len(packet))


def test_read_a_vp8_descriptor(benchmark: BenchmarkFixture) -> None:
    call, (speaker,) = traffic.broadcast(1, 1)
    packet, header, descriptor = plain(call, speaker), rtp.Header(), Descriptor()
    assert header.read(packet, len(packet))

    assert benchmark(descriptor.read, packet, header.payload, header.end)


def test_take_a_packet_that_nobody_wants(benchmark: BenchmarkFixture) -> None:
    measure_plane(benchmark, viewers=0)


def test_forward_a_packet_to_one(benchmark: BenchmarkFixture) -> None:
    measure_plane(benchmark, viewers=1)


def test_forward_a_packet_to_ten(benchmark: BenchmarkFixture) -> None:
    measure_plane(benchmark, viewers=10)


def measure_plane(benchmark: BenchmarkFixture, viewers: int) -> None:
    call, (speaker,) = traffic.broadcast(viewers, 1)
    arrivals = high_layer(call, speaker)
    settled = int(len(arrivals) * traffic.WARM_UP / SECONDS)
    traffic.play(call, arrivals[:settled], 1)
    rest = iter(arrivals[settled:])

    def next_one() -> tuple[tuple[Call, list[Arrival], int], dict[str, object]]:
        return (call, [next(rest)], 1), {}

    rounds = len(arrivals) - settled
    benchmark.pedantic(traffic.play, setup=next_one, rounds=rounds)  # type: ignore[no-untyped-call]


def test_check_a_binding_request(benchmark: BenchmarkFixture) -> None:
    data = check(OURS, THEIRS)
    key = OURS.password.encode()

    def receive() -> bool:
        return Message.parse(data).is_authentic(data, key)

    assert benchmark(receive)


def check(ours: IceCredentials, theirs: IceCredentials) -> bytes:
    """A client's connectivity check."""
    attributes = [
        (int(Attribute.USERNAME), f"{ours.ufrag}:{theirs.ufrag}".encode()),
        (int(Attribute.PRIORITY), bytes(4)),
        (int(Attribute.ICE_CONTROLLING), bytes(8)),
    ]
    message = Message(Method.BINDING, Class.REQUEST, bytes(12), attributes)
    return message.sealed(ours.password.encode())


def test_answer_the_offer_of_a_join(benchmark: BenchmarkFixture) -> None:
    offer = text("chromium_join")
    wishes = [hear("TR_a"), see("TR_v")]

    outcome = benchmark(lambda: answerer().receive_offer(offer, [], wishes))

    assert len(outcome.bound) == 2
