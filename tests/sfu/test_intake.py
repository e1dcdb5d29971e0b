"""What a batch is sorted into: at the edges of each kind, alone and among many others."""

import pytest

from sfu.drop import Drop
from sfu.media import Encoding, Kind
from sfu.ring import RECEIVE_MAX
from tests.sim.media import Call
from tests.sim.sources import OPUS_CODEC, Microphone

AMONG = pytest.mark.parametrize("others", [0, 20], ids=["alone", "among others"])
SSRC = 100


class Scene:
    """Alice has as many microphones as `others`, but one at least; Bob hears the first."""

    def __init__(self, others: int, *, sealed: bool = False) -> None:
        self.call = Call(sealed=sealed)
        self.alice, self.bob = self.call.join("alice"), self.call.join("bob")
        self.voices = [Microphone(SSRC + number) for number in range(max(others, 1))]
        for voice in self.voices:
            encodings = [Encoding(0, ssrc=voice.ssrc)]
            track = f"TR_{voice.ssrc}"
            self.call.publish(self.alice, track, Kind.AUDIO, [OPUS_CODEC], encodings)
        self.call.subscribe(self.bob, f"TR_{SSRC}", 70, [OPUS_CODEC])
        for _ in range(3):
            self.call.send(self.alice, [voice.make() for voice in self.voices])
            self.call.run(0.02)
        self.others = others

    def send(self, datagram: bytes, *, forged: bool = False) -> tuple[list[int], dict[str, int]]:
        """With the others before it. Positions that are no media, and what was counted of it."""
        before = self._counted()
        company = [self.seal(voice.make()) for voice in self.voices] if self.others else []
        sealed = self.seal(datagram)
        if forged:
            sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        slow = self.call.receive([*company, sealed], self.alice.path)
        after = self._counted()
        grown = {name: after[name] - before.get(name, 0) for name in after}
        grown["rtp"] -= len(company)
        return [at - len(company) for at in slow], {name: n for name, n in grown.items() if n}

    def seal(self, packet: bytes) -> bytes:
        sealed = self.alice.own.protect(packet)
        assert sealed is not None
        return sealed

    def _counted(self) -> dict[str, int]:
        stats = self.call.plane.stats
        counted = {"rtp": stats.packets_in, "rtcp": stats.control_in}
        del stats.dropped[Drop.NO_SUBSCRIBER]
        return counted | {str(reason): count for reason, count in stats.dropped.items()}


def packet(second: int, size: int = 40) -> bytes:
    """With this second octet, and of the first microphone."""
    head = bytes([0x80, second]) + bytes(6) + SSRC.to_bytes(4, "big")
    return head.ljust(size, b"\0")[:size]


@AMONG
@pytest.mark.parametrize(
    ("second", "kind"), [(191, "rtp"), (192, "rtcp"), (207, "rtcp"), (223, "rtcp"), (224, "rtp")]
)
def test_the_second_octet_tells_rtcp_from_rtp(others: int, second: int, kind: str) -> None:
    slow, counted = Scene(others).send(packet(second))

    assert slow == []
    assert {"rtp", "rtcp"} & counted.keys() == {kind}
    assert counted[kind] == 1


@AMONG
@pytest.mark.parametrize("size", [2, 11])
def test_less_than_a_header_is_malformed(others: int, size: int) -> None:
    slow, counted = Scene(others).send(packet(OPUS_CODEC.payload_type, size))

    assert slow == []
    assert counted["malformed"] == 1


@AMONG
def test_a_header_alone_is_a_probe(others: int) -> None:
    scene = Scene(others)
    voice = scene.voices[0]
    slow, counted = scene.send(voice.make(b""))

    assert slow == []
    assert counted == {"rtp": 1, "padding": 1}


@AMONG
@pytest.mark.parametrize("more", [0, 1])
def test_what_fills_its_place_in_the_ring_is_taken_and_nothing_longer(
    others: int, more: int
) -> None:
    scene = Scene(others)
    whole = scene.voices[0].make(bytes(RECEIVE_MAX + more - 12))
    assert len(whole) == RECEIVE_MAX + more
    before = len(scene.bob.got[70]) + (others > 0)
    slow, counted = scene.send(whole)

    assert slow == []
    assert counted == ({"malformed": 1} if more else {"rtp": 1})
    assert len(scene.bob.got[70]) == before + (not more)


@AMONG
@pytest.mark.parametrize("data", [b"\x80", b"\x00\x01", b"\x16\xfe\xfd", b"\xc0\x60" + bytes(20)])
def test_what_is_no_media_comes_back(others: int, data: bytes) -> None:
    slow, counted = Scene(others).send(data)

    assert slow == [0]
    assert counted == {}


@AMONG
def test_what_is_forged_goes_no_further_and_what_follows_does(others: int) -> None:
    scene = Scene(others, sealed=True)
    voice = scene.voices[0]
    genuine = voice.make()
    heard = len(scene.bob.got[70])
    _, counted = scene.send(genuine, forged=True)
    assert counted == {"rtp": 1, "unauthentic": 1}

    _, counted = scene.send(voice.make())
    assert counted == {"rtp": 1}
    assert len(scene.bob.got[70]) == heard + 1 + 2 * (others > 0)


@AMONG
def test_what_was_received_before_is_unauthentic(others: int) -> None:
    scene = Scene(others, sealed=True)
    sealed = scene.seal(scene.voices[0].make())
    scene.call.receive([sealed], scene.alice.path)
    heard = len(scene.bob.got[70])
    company = [scene.seal(voice.make()) for voice in scene.voices[1:]]
    scene.call.receive([*company, sealed], scene.alice.path)

    assert scene.call.plane.stats.dropped[Drop.UNAUTHENTIC] == 1
    assert len(scene.bob.got[70]) == heard


@AMONG
def test_what_comes_is_counted_in_bytes(others: int) -> None:
    scene = Scene(others)
    before = scene.call.plane.stats.bytes_in
    company = [voice.make() for voice in scene.voices]
    scene.call.receive(company, scene.alice.path)

    assert scene.call.plane.stats.bytes_in - before == sum(map(len, company))
