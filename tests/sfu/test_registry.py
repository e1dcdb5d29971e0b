"""Commands in any order, and nothing left behind."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.commands import (
    AddSubscription,
    MutePublication,
    RemovePublication,
    RemoveSubscription,
    UpdateSubscription,
)
from sfu.media import Codec, Encoding, Kind
from tests.sim.media import Call, Person
from tests.sim.sources import OPUS_CODEC, VP8_CODEC, Microphone, Vp8Layer, camera
from tests.sim.views import gaps, in_order


def audio_call(*, sealed: bool = False) -> tuple[Call, Person, Person, Microphone]:
    call = Call(sealed=sealed)
    alice, bob = call.join("alice"), call.join("bob")
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])
    return call, alice, bob, Microphone(7)


def test_a_renegotiation_goes_on_without_a_gap() -> None:
    call, alice, bob, voice = audio_call()
    call.send(alice, [voice.make() for _ in range(5)])
    call.subscribe(bob, "TR_a", 70, [Codec("audio/opus", 99, 48000, 2)])
    call.send(alice, [voice.make() for _ in range(5)])

    assert gaps(bob.got[70]) == []
    assert [packet.payload_type for packet in bob.got[70]] == [111] * 5 + [99] * 5


def test_an_ssrc_that_is_used_again_goes_on_where_it_stopped() -> None:
    call, alice, bob, voice = audio_call(sealed=True)
    call.send(alice, [voice.make() for _ in range(5)])
    call.plane.remove_subscription(RemoveSubscription("bob", "TR_a", goes_on=True), call.now)
    call.send(alice, [voice.make() for _ in range(5)])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])
    call.send(alice, [voice.make() for _ in range(5)])

    assert len(bob.got[70]) == 10
    assert gaps(bob.got[70]) == []
    assert bob.refused == 0


def test_a_video_that_takes_over_an_ssrc_goes_on_in_its_time() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    first, second = Vp8Layer(10, 2, 1), Vp8Layer(11, 2, 2)
    for track, layer in (("TR_v", first), ("TR_v/vp8", second)):
        call.publish(alice, track, Kind.VIDEO, [VP8_CODEC], camera(layer), mid=track)
    call.subscribe(bob, "TR_v", 80, [VP8_CODEC])
    call.send(alice, first.make(call.now, key=True))
    call.run(1.0)
    call.plane.remove_subscription(RemoveSubscription("bob", "TR_v", goes_on=True), call.now)
    call.subscribe(bob, "TR_v/vp8", 80, [VP8_CODEC])
    call.send(alice, second.make(call.now, key=True))

    got = in_order(bob.got[80])
    assert gaps(got) == []
    assert [one.timestamp - got[0].timestamp & 0xFFFFFFFF for one in got] == [0] * 3 + [90000] * 3


def test_sequences_begin_below_the_middle() -> None:
    for seed in range(50):
        call = Call(seed)
        alice, bob = call.join("alice"), call.join("bob")
        call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
        call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])
        call.send(alice, [Microphone(7).make()])
        assert bob.got[70][0].sequence < 1 << 15


def test_a_removed_publication_ends_its_subscriptions() -> None:
    call, alice, bob, voice = audio_call()
    call.send(alice, [voice.make()])
    call.plane.remove_publication(RemovePublication("TR_a"), call.now)
    call.send(alice, [voice.make()])
    assert [p.payload for p in bob.got[70] if p.payload.startswith(b"opus")] == [b"opus000001"]

    call.publish(alice, "TR_b", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    call.subscribe(bob, "TR_b", 71, [OPUS_CODEC])
    call.send(alice, [voice.make()])
    assert len(bob.got[71]) == 1


def test_a_removed_client_leaves_nothing_behind() -> None:
    call = Call()
    for n in range(20):
        person = call.join(f"p{n}")
        layer = Vp8Layer(10, 2, 1)
        call.publish(person, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(layer))
        other = call.join(f"q{n}")
        call.subscribe(other, "TR_v", 80, [VP8_CODEC], rtx_ssrc=81)
        call.send(person, layer.make(call.now, key=True))
        call.run(2.0)
        call.plane.remove_client(f"p{n}/0")
        call.plane.remove_client(f"q{n}/0")

    state = call.plane._state
    assert [state.by_name, state.by_track, state.by_key, state.by_number] == [{}, {}, {}, {}]
    assert (len(state.clients), len(state.streams), len(state.subscriptions)) == (2, 1, 1)
    assert call.plane.next_timeout() is None


def test_commands_about_what_is_gone_do_nothing() -> None:
    call = Call()
    plane = call.plane
    plane.remove_client("nobody/0")
    plane.unbind((0, ("192.0.2.99", 9)))
    plane.bind((0, ("192.0.2.99", 9)), "nobody/0")
    plane.set_extensions("nobody/0", {})
    plane.connected("nobody/0", call.now)
    plane.mute_publication(MutePublication("TR_x", True), call.now)
    plane.remove_publication(RemovePublication("TR_x"), call.now)
    plane.add_subscription(
        AddSubscription("nobody/0", "nobody", "TR_x", "0", [OPUS_CODEC], 5), call.now
    )
    plane.update_subscription(UpdateSubscription("nobody", "TR_x", False, 2), call.now)
    plane.remove_subscription(RemoveSubscription("nobody", "TR_x"), call.now)

    assert plane.next_timeout() is None


class Chaos:
    """Commands about two tracks and four people, whatever their state."""

    def __init__(self) -> None:
        self.call = Call()
        self.alice = self.call.join("alice")
        self.people = {n: self.call.join(f"p{n}") for n in range(4)}
        self.layers = [Vp8Layer(10 + n, n, n) for n in range(3)]

    def publish(self, n: int) -> None:
        track = f"TR_{n // 4}"
        encodings = camera(*self.layers)
        self.call.publish(self.alice, track, Kind.VIDEO, [VP8_CODEC], encodings, mid=track)

    def unpublish(self, n: int) -> None:
        self.call.plane.remove_publication(RemovePublication(f"TR_{n // 4}"), self.call.now)

    def subscribe(self, n: int) -> None:
        if (person := self.people.get(n % 4)) is not None:
            self.call.subscribe(person, f"TR_{n // 4}", 100 + n, [VP8_CODEC])

    def unsubscribe(self, n: int) -> None:
        command = RemoveSubscription(f"p{n % 4}", f"TR_{n // 4}")
        self.call.plane.remove_subscription(command, self.call.now)

    def wish(self, n: int) -> None:
        command = UpdateSubscription(f"p{n % 4}", f"TR_{n // 4}", n % 3 == 0, n % 3)
        self.call.plane.update_subscription(command, self.call.now)

    def mute(self, n: int) -> None:
        command = MutePublication(f"TR_{n // 4}", n % 2 == 0)
        self.call.plane.mute_publication(command, self.call.now)

    def leave(self, n: int) -> None:
        if self.people.pop(n % 4, None) is not None:
            self.call.plane.remove_client(f"p{n % 4}/0")

    def play(self, n: int) -> None:
        for layer in self.layers:
            self.call.send(self.alice, layer.make(self.call.now, key=n % 2 == 0))
        self.call.run(0.3)


STEPS = ["publish", "unpublish", "subscribe", "unsubscribe", "wish", "mute", "leave", "play"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 7)), max_size=40))
def test_any_order_of_commands_is_safe(steps: list[tuple[str, int]]) -> None:
    chaos = Chaos()
    for step, n in steps:
        getattr(chaos, step)(n)

    for person in chaos.people.values():
        for packets in person.got.values():
            numbers = [packet.sequence for packet in in_order(packets)]
            assert len(numbers) == len(set(numbers))
