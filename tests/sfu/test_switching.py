"""Which layer a subscriber gets, and when."""

from itertools import pairwise

from sfu import rtcp
from sfu.commands import MutePublication, UpdateSubscription
from sfu.events import LayersChanged, LayerStream
from sfu.media import Kind
from tests.sim.media import DOWN, Call, Person
from tests.sim.sources import VP8_CODEC, Vp8Layer, camera
from tests.sim.views import gaps, in_order, look


class Show:
    """A camera with three layers that answers PLI, and its viewers."""

    def __init__(self, *, temporal: bool = False, active: tuple[bool, ...] = (True,) * 3) -> None:
        self.call = Call()
        self.alice = self.call.join("alice")
        self.layers = [Vp8Layer(10 + n, n, n, temporal=temporal, packets=2) for n in range(3)]
        self.active = list(active)
        self.answers = True
        self.call.publish(self.alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(*self.layers))

    def watch(self, name: str = "bob", *, ready: bool = True, quality: int = 2) -> Person:
        person = self.call.join(name, ready=ready)
        self.call.subscribe(person, "TR_v", 80, [VP8_CODEC], rtx_ssrc=81, quality=quality)
        return person

    def wish(self, quality: int = 2, *, disabled: bool = False, fps: int = 0) -> None:
        command = UpdateSubscription("bob", "TR_v", disabled, quality, fps)
        self.call.plane.update_subscription(command, self.call.now)
        self.call.flush()

    def mute(self, muted: bool) -> None:
        self.call.plane.mute_publication(MutePublication("TR_v", muted), self.call.now)
        self.call.flush()

    def play(self, frames: int, *, key: bool = False) -> None:
        for n in range(frames):
            asked = {p.media for p in self.alice.control if isinstance(p, rtcp.Pli)}
            self.alice.control.clear()
            for layer, active in zip(self.layers, self.active, strict=True):
                is_key = (key and n == 0) or (self.answers and layer.ssrc in asked)
                if active:
                    self.call.send(self.alice, layer.make(self.call.now, key=is_key))
            self.call.run(1 / 30)


def layers_seen(person: Person) -> list[int]:
    return [look(packet.payload).layer for packet in in_order(person.got.get(80, []))]


def last_layer(person: Person) -> int:
    return layers_seen(person)[-1]


def test_a_wish_is_fulfilled_at_the_next_key_frame() -> None:
    show = Show()
    bob = show.watch()
    show.play(30, key=True)
    assert last_layer(bob) == 2

    show.wish(0)
    show.play(3)
    assert last_layer(bob) == 0
    show.wish(1)
    show.play(3)
    assert last_layer(bob) == 1
    assert gaps(bob.got[80]) == []


def test_without_the_key_frame_the_old_layer_goes_on_and_the_request_is_repeated() -> None:
    show = Show()
    bob = show.watch()
    show.play(30, key=True)
    show.answers = False
    show.wish(0)
    before = show.call.plane.stats.key_requests
    show.play(75)

    assert last_layer(bob) == 2
    assert 4 <= show.call.plane.stats.key_requests - before <= 6  # 2.5 s, throttled to 0.5 s


def test_the_first_layer_with_media_starts_at_once() -> None:
    show = Show(active=(True, False, False))
    bob = show.watch()
    show.play(1, key=True)
    assert layers_seen(bob) == [0, 0]

    show.active = [True, True, True]
    show.play(5)
    assert last_layer(bob) == 2


def test_a_new_subscriber_asks_for_a_key_frame_at_once() -> None:
    show = Show()
    show.watch("carol")
    show.play(60, key=True)
    show.alice.control.clear()
    bob = show.watch("bob")
    assert show.call.pli_count(show.alice, 12) == 1

    show.play(1)
    assert last_layer(bob) == 2


def test_a_layer_that_stops_is_replaced_by_the_best_that_flows() -> None:
    show = Show()
    bob = show.watch()
    show.play(30, key=True)
    show.active[2] = False
    show.play(45)

    assert last_layer(bob) == 1
    came = [LayerStream(quality, ssrc) for quality, ssrc in enumerate((10, 11, 12))]
    assert show.call.events[-1] == LayersChanged("alice", "TR_v", [0, 1], came)
    assert gaps(bob.got[80]) == []


def test_disabled_stops_at_once_and_enabled_resumes_within_a_frame() -> None:
    show = Show()
    bob = show.watch()
    show.play(30, key=True)
    show.wish(disabled=True)
    count = len(bob.got[80])
    show.play(60)
    assert len(bob.got[80]) == count

    show.wish()
    show.play(1)
    resumed = [look(packet.payload) for packet in bob.got[80][count:]]
    assert resumed[0].is_key
    assert resumed[0].layer == 2
    assert gaps(bob.got[80]) == []


def test_a_mute_stops_and_an_unmute_resumes_at_a_key_frame() -> None:
    show = Show()
    bob = show.watch()
    show.play(30, key=True)
    show.mute(True)
    count = len(bob.got[80])
    show.play(30)
    assert len(bob.got[80]) == count

    show.alice.control.clear()
    show.mute(False)
    assert show.call.pli_count(show.alice, 12) == 1
    show.play(2)
    assert look(bob.got[80][count].payload).is_key
    assert gaps(bob.got[80]) == []


def test_times_go_on_after_a_mute() -> None:
    show = Show()
    bob = show.watch()
    show.play(30, key=True)
    show.mute(True)
    show.play(90)
    show.mute(False)
    show.play(30)

    times = [packet.timestamp for packet in in_order(bob.got[80])]
    steps = [after - before & 0xFFFFFFFF for before, after in pairwise(times)]
    assert 2.9 * 90000 < max(steps) < 3.2 * 90000


def test_sender_reports_keep_the_time_between_layers() -> None:
    show = Show()
    bob = show.watch()
    show.play(3, key=True)
    show.call.send(show.alice, [layer.report(show.call.now) for layer in show.layers])
    show.play(30)
    for n in range(12):
        show.wish(n % 3)
        show.play(5)

    times = [packet.timestamp for packet in in_order(bob.got[80])]
    steps = {after - before & 0xFFFFFFFF for before, after in pairwise(times)} - {0}
    assert max(steps) <= 3001  # never more than a frame
    whole = times[-1] - times[0] & 0xFFFFFFFF
    played = (bob.got[80][-1].time - bob.got[80][0].time) * 90000
    assert abs(whole - played) < 10


def test_a_frame_rate_leaves_temporal_layers_out() -> None:
    show = Show(temporal=True)
    bob = show.watch()
    show.play(30, key=True)
    show.wish(fps=15)
    count = len(bob.got[80])
    show.play(40)
    assert 36 <= len(bob.got[80]) - count <= 46  # half of 80
    show.wish(fps=0)
    show.play(8)
    count = len(bob.got[80])
    show.play(40)
    assert len(bob.got[80]) - count == 80

    views = [look(packet.payload) for packet in in_order(bob.got[80])]
    assert gaps(bob.got[80]) == []
    for before, after in pairwise(views):
        assert after.picture - before.picture & 0x7FFF == (1 if after.starts else 0)


def test_a_client_without_keys_starts_when_it_is_connected() -> None:
    show = Show()
    bob = show.watch(ready=False)
    show.play(90, key=True)
    assert 80 not in bob.got

    bob.endpoint.protection = show.alice.endpoint.protection
    show.alice.control.clear()
    show.call.plane.connected("bob/0", show.call.now)
    show.call.flush()
    assert show.call.pli_count(show.alice, 12) == 1
    show.play(1)
    assert look(bob.got[80][0].payload).is_key


def test_the_wished_layer_comes_back_after_an_outage_of_the_publisher() -> None:
    show = Show()
    bob = show.watch()
    show.play(30, key=True)
    show.call.run(8)
    show.play(5)

    assert last_layer(bob) == 2
    assert gaps(bob.got[80]) == []


def test_a_subscriber_without_extensions_gets_none() -> None:
    show = Show()
    bob = show.call.join("bob")
    show.call.subscribe(bob, "TR_v", 80, [VP8_CODEC], extensions={})
    show.play(3, key=True)

    assert all(packet.extensions == {} for packet in bob.got[80])


def test_mid_is_sent_until_a_report_says_that_packets_arrive() -> None:
    show = Show()
    bob = show.watch()
    show.play(10, key=True)
    mid = DOWN["urn:ietf:params:rtp-hdrext:sdes:mid"]
    assert bob.got[80][-1].extensions[mid] == b"m80"

    block = rtcp.ReportBlock(80, 0, 0, 1, 0, 0, 0)
    show.call.send(bob, [bytes(rtcp.ReceiverReport(5, [block]))])
    show.play(1)
    assert sorted(bob.got[80][-1].extensions) == [2, 5]


def test_transport_wide_numbers_go_on_over_all_tracks_and_retransmissions() -> None:
    show = Show()
    bob = show.watch()
    show.play(10, key=True)
    show.call.send(bob, [bytes(rtcp.Nack(5, 80, [bob.got[80][3].sequence]))])
    show.play(10)

    assert any(packet.is_rtx for packet in bob.got[80])
    assert all(after - before & 0xFFFF == 1 for before, after in pairwise(bob.numbers))
