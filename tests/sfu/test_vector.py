"""Many packets of a stream in one batch, which are taken apart and rewritten together."""

from itertools import pairwise

import pytest

from sfu import extensions
from sfu.commands import UpdateSubscription
from sfu.drop import Drop
from sfu.media import Kind
from tests.sim.media import DOWN, Call, Person
from tests.sim.sources import VP8_CODEC, Vp8Layer, camera
from tests.sim.views import look

UNUSUAL = {extensions.TRANSPORT_CC: 20, extensions.MID: 21, extensions.ABS_SEND_TIME: 22}


class Cast:
    """A publisher of one layer, in batches of ten frames."""

    def __init__(self, *, wide: bool = True) -> None:
        self.call = Call()
        self.alice = self.call.join("alice")
        self.layer = Vp8Layer(10, 0, seed=3, wide=wide)
        self.call.publish(self.alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(self.layer))

    def watch(self, name: str, ids: dict[str, int] = DOWN) -> Person:
        person = self.call.join(name)
        self.call.subscribe(person, "TR_v", 80, [VP8_CODEC], rtx_ssrc=81, extensions=ids)
        return person

    def wish(self, *, disabled: bool) -> None:
        command = UpdateSubscription("bob", "TR_v", disabled, 2)
        self.call.plane.update_subscription(command, self.call.now)
        self.call.flush()

    def run(self, batches: int = 4) -> None:
        for batch in range(batches):
            packets = self.layer.make(self.call.now, key=batch == 0)
            for frame in range(1, 10):
                packets += self.layer.make(self.call.now + frame / 30)
            self.call.send(self.alice, packets)
            self.call.run(1 / 3)


def test_an_unusual_header_does_not_cost_packets() -> None:
    cast = Cast()
    bob, carol = cast.watch("bob"), cast.watch("carol", UNUSUAL)
    cast.run()

    assert len(bob.got[80]) == 4 * 30
    assert [got.payload[4:] for got in carol.got[80]] == [got.payload[4:] for got in bob.got[80]]
    assert not cast.call.plane.stats.dropped[Drop.LATE_FOR_SWITCH]


def test_who_has_an_unusual_header_is_a_subscriber_too() -> None:
    cast = Cast()
    cast.watch("carol", UNUSUAL)
    cast.run()

    assert not cast.call.plane.stats.dropped[Drop.NO_SUBSCRIBER]


@pytest.mark.parametrize("ids", [DOWN, UNUSUAL], ids=["usual", "unusual"])
@pytest.mark.parametrize("wide", [True, False], ids=["15 bits", "7 bits"])
def test_pictures_are_numbered_in_their_own_width(wide: bool, ids: dict[str, int]) -> None:
    cast = Cast(wide=wide)
    bob = cast.watch("bob", ids)
    for is_paused in (False, True, False):
        cast.wish(disabled=is_paused)
        cast.run(13)  # as many as 7 bits count

    views = [look(got.payload) for got in bob.got[80]]
    assert [view.frame for view in views[::3]] == [*range(1, 131), *range(261, 391)]
    for before, after in pairwise(views):
        assert after.picture - before.picture & (0x7FFF if wide else 0x7F) == after.starts


def test_the_first_packet_of_a_layer_does_not_overtake_those_of_another() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    low = Vp8Layer(10, 0, seed=3, rid="q", mid="0")
    high = Vp8Layer(30, 2, seed=4, rid="f", mid="0")
    encodings = camera(low, high)
    encodings[1].ssrc = 0  # to be learnt
    call.plane.set_extensions("alice/0", {extensions.MID: 4, extensions.RID: 5})
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], encodings)
    call.subscribe(bob, "TR_v", 80, [VP8_CODEC])
    call.send(alice, low.make(call.now, key=True))
    call.run(0.1)
    before = [packet for _ in range(10) for packet in low.make(call.now)]

    call.send(alice, before + high.make(call.now, key=True))

    layers = [look(got.payload).layer for got in bob.got[80]]
    assert layers == [0] * (3 + len(before)) + [2] * 3


def test_every_byte_of_a_batch_counts_for_its_sender() -> None:
    cast = Cast()
    cast.watch("bob")
    cast.run(3)
    table, row = cast.call.plane.clients, cast.call.plane._state.by_name["alice/0"].row
    before = table.bytes_in[row]
    packets = [packet for n in range(12) for packet in cast.layer.make(cast.call.now + n / 30)]

    cast.call.send(cast.alice, packets)

    assert table.bytes_in[row] - before == sum(map(len, packets))
