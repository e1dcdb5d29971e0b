"""Whatever a publisher's network, the wishes and the mutes do: a subscriber sees one stream."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu import rtcp, rtp
from sfu.commands import MutePublication, UpdateSubscription
from sfu.drop import Drop
from sfu.media import Kind
from tests.sim.media import Call, Got
from tests.sim.sources import VP8_CODEC, VP8_RTX, Vp8Layer, camera
from tests.sim.views import gaps, in_order, look

FRAME = 1 / 30


class Camera:
    """A publisher with three layers that answers PLI with a key frame and NACK with RTX."""

    def __init__(self, seed: int, *, temporal: bool, loss: float, reorder: float) -> None:
        self.random = Random(seed)
        self.call = Call(seed)
        self.alice, self.bob = self.call.join("alice"), self.call.join("bob")
        self.layers = [
            Vp8Layer(ssrc=10 + n, quality=n, seed=seed + n, temporal=temporal, packets=2 + n)
            for n in range(3)
        ]
        self.call.publish(
            self.alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(*self.layers, rtx=True)
        )
        self.call.subscribe(self.bob, "TR_v", 80, [VP8_CODEC], rtx_ssrc=81)
        self.loss, self.reorder = loss, reorder
        self.active = [True, True, True]
        self.sent: dict[tuple[int, int], bytes] = {}
        self.held: list[bytes] = []
        self.rtx_sequence = 0
        self.lost = 0

    def tick(self, *, first: bool = False) -> None:
        """One frame of each layer, in random order of arrival."""
        requested = {p.media for p in self.alice.control if isinstance(p, rtcp.Pli)}
        nacks = [p for p in self.alice.control if isinstance(p, rtcp.Nack)]
        self.alice.control.clear()
        packets = [self._rtx(n.media, s) for n in nacks for s in n.sequences]
        for layer, active in zip(self.layers, self.active, strict=True):
            if active:
                key = first or layer.ssrc in requested
                packets += layer.make(self.call.now, key=key)
        self.call.send(self.alice, self._through_network(packets))
        if self.random.random() < 0.1:
            self.call.send(self.alice, [layer.report(self.call.now) for layer in self.layers])
        self.call.run(FRAME)

    def _rtx(self, ssrc: int, sequence: int) -> bytes:
        original = self.sent[ssrc, sequence]
        header = rtp.Header()
        header.read(original, len(original))
        self.rtx_sequence += 1
        payload = sequence.to_bytes(2, "big") + original[header.payload :]
        return rtp.build(
            VP8_RTX, self.rtx_sequence, header.timestamp, ssrc + 1000, payload,
            marker=header.marker,
        )  # fmt: skip

    def _through_network(self, packets: list[bytes]) -> list[bytes]:
        arriving, self.held = self.held, []
        for packet in packets:
            ssrc, sequence = int.from_bytes(packet[8:12], "big"), int.from_bytes(packet[2:4], "big")
            self.sent[ssrc, sequence] = packet
            if self.random.random() < self.loss:
                self.lost += 1
            elif self.random.random() < self.reorder:
                self.held.append(packet)
            else:
                arriving.append(packet)
        for index in range(len(arriving) - 1):
            if self.random.random() < self.reorder:
                arriving[index : index + 2] = arriving[index + 1], arriving[index]
        return arriving

    def wish(self, quality: int, *, disabled: bool = False, fps: int = 0) -> None:
        command = UpdateSubscription("bob", "TR_v", disabled, quality, fps)
        self.call.plane.update_subscription(command, self.call.now)
        self.call.flush()

    def mute(self, muted: bool) -> None:
        self.call.plane.mute_publication(MutePublication("TR_v", muted), self.call.now)
        self.call.flush()

    @property
    def got(self) -> list[Got]:
        return self.bob.got.get(80, [])

    def step(self) -> None:
        """Something happens, or nothing."""
        choice = self.random.random()
        if choice < 0.05:
            self.wish(self.random.randrange(3), fps=self.random.choice([0, 0, 7, 15]))
        elif choice < 0.07:
            self.wish(2, disabled=True)
        elif choice < 0.09:
            self.mute(self.random.random() < 0.5)
        elif choice < 0.10:
            self.active[self.random.randrange(3)] ^= True
        self.tick()


def check_numbers(camera: Camera) -> None:
    """No number is used twice for different packets; times and pictures go on."""
    by_number: dict[int, tuple[int, bytes]] = {}
    for packet in camera.got:
        known = by_number.setdefault(packet.sequence, (packet.timestamp, packet.payload))
        assert known == (packet.timestamp, packet.payload)
    for before, after in pairwise(in_order(camera.got)):
        step = after.timestamp - before.timestamp & 0xFFFFFFFF
        same_frame = look(before.payload).picture == look(after.payload).picture
        assert step == 0 if same_frame else 0 < step < 90000 * 60


def check_switches(camera: Camera) -> None:
    ordered = [look(packet.payload) for packet in in_order(camera.got)]
    assert ordered[0].is_key
    for before, after in pairwise(ordered):
        if after.layer != before.layer:
            assert after.is_key


def check_pictures(camera: Camera) -> None:
    """With no loss: every picture is whole and follows the one before it."""
    views = [look(packet.payload) for packet in in_order(camera.got)]
    for before, after in pairwise(views):
        if after.starts:
            assert after.picture == before.picture + 1 & 0x7FFF
            assert after.key - before.key & 0x1F in (0, 1)
            assert after.tl0 - before.tl0 & 0xFF in (0, 1)
        else:
            assert (after.layer, after.frame, after.index) == (
                before.layer,
                before.frame,
                before.index + 1,
            )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1 << 30), temporal=st.booleans())
def test_without_loss_there_is_never_a_gap(seed: int, temporal: bool) -> None:
    camera = Camera(seed, temporal=temporal, loss=0, reorder=0)
    camera.tick(first=True)
    for _ in range(150):
        camera.step()

    assert gaps(camera.got) == []
    check_numbers(camera)
    check_switches(camera)
    check_pictures(camera)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1 << 30), temporal=st.booleans())
def test_with_loss_and_reordering_the_numbering_stays_whole(seed: int, temporal: bool) -> None:
    camera = Camera(seed, temporal=temporal, loss=0.03, reorder=0.1)
    camera.tick(first=True)
    for _ in range(150):
        camera.step()

    dropped = camera.call.plane.stats.dropped
    assert len(gaps(camera.got)) <= camera.lost + dropped[Drop.LATE_FOR_SWITCH] + len(camera.held)
    check_numbers(camera)
    check_switches(camera)


def test_what_was_lost_upstream_and_repaired_is_not_lost_downstream() -> None:
    camera = Camera(5, temporal=True, loss=0.05, reorder=0.05)
    camera.tick(first=True)
    for _ in range(300):
        camera.tick()
    camera.loss = camera.reorder = 0.0
    for _ in range(10):
        camera.tick()

    assert camera.lost > 50
    settled = [packet for packet in camera.got if look(packet.payload).layer == 2]
    assert gaps(settled) == []


@pytest.mark.parametrize("wide", [True, False])
def test_picture_ids_keep_their_width(wide: bool) -> None:
    camera = Camera(9, temporal=False, loss=0, reorder=0)
    for layer in camera.layers:
        layer.is_wide = wide
    camera.tick(first=True)
    for n in range(60):
        if n % 10 == 0:
            camera.wish(n // 10 % 3)
        camera.tick()

    views = [look(packet.payload) for packet in in_order(camera.got)]
    mask = 0x7FFF if wide else 0x7F
    for before, after in pairwise(views):
        assert after.picture - before.picture & mask in ((1,) if after.starts else (0,))
