"""Metadata behind frames: for those who know it, and left out for the others."""

import pytest

from sfu import rtcp
from sfu.media import Codec, Kind
from tests.sim.media import Call, Got, Person
from tests.sim.sources import VP8_CODEC, Vp8Layer, camera
from tests.sim.views import gaps, look
from tests.simulcast.descriptors.test_trailer import NUMBER, WHEN, build

TRAILER = build(WHEN, NUMBER)


class Film:
    """Alice's frames carry metadata. Bob knows them, Ben does not."""

    def __init__(self, codec: Codec = VP8_CODEC, *, encrypted: bool = False) -> None:
        self.call = call = Call(sealed=True)
        self.alice, self.bob, self.ben = (call.join(name) for name in ("alice", "bob", "ben"))
        self.layer = Vp8Layer(ssrc=8, quality=2, seed=1)
        call.publish(
            self.alice, "TR_v", Kind.VIDEO, [codec], camera(self.layer), encrypted=encrypted
        )
        rtx = 81 if codec.rtx else 0
        call.subscribe(self.bob, "TR_v", 80, [codec], rtx_ssrc=rtx)
        call.subscribe(self.ben, "TR_v", 80, [codec], rtx_ssrc=rtx, strips_trailers=True)

    def show(self, frames: int) -> None:
        for number in range(frames):
            packets = self.layer.make(self.call.now, key=number == 0)
            packets[-1] += TRAILER
            self.call.send(self.alice, packets)
            self.call.run(1 / 30)


def payloads(person: Person) -> list[bytes]:
    return [packet.payload for packet in person.got[80]]


def test_who_does_not_know_metadata_gets_frames_without() -> None:
    film = Film()
    film.show(20)

    known, plain = film.bob.got[80], film.ben.got[80]
    assert len(known) == len(plain) == 60
    assert gaps(plain) == []
    ends = [packet for packet in known if packet.marker]
    assert len(ends) == 20
    assert all(packet.payload.endswith(TRAILER) for packet in ends)
    assert [bare(packet) for packet in known] == [look(p.payload) for p in plain]
    assert [len(p.payload) for p in plain] == [
        len(p.payload) - len(TRAILER) * p.marker for p in known
    ]


def bare(packet: Got) -> object:
    return look(packet.payload)


@pytest.mark.parametrize("codec", [VP8_CODEC, Codec("video/vp8", 96, 90000)])
def test_what_is_sent_again_is_without_too(codec: Codec) -> None:
    film = Film(codec)
    lost: list[bytes] = []

    def lose(person: Person, data: bytes) -> bool:
        # The last packet of the third frame.
        is_meant = person is film.ben and not 192 <= data[1] <= 223
        lost.extend([data] * is_meant)
        return is_meant and len(lost) == 9

    film.call.lose = lose
    film.show(10)
    (missing,) = gaps(film.ben.got[80])
    film.call.send(film.ben, [bytes(rtcp.Nack(5, 80, [missing]))])

    again = film.ben.got[80][-1]
    assert again.sequence == missing
    assert again.is_rtx == (codec.rtx is not None)
    assert again.marker
    assert not again.payload.endswith(b"LKTS")
    assert gaps(film.ben.got[80]) == []
    assert film.ben.refused == 0


def test_nothing_else_of_an_encrypted_frame_changes() -> None:
    film = Film(encrypted=True)
    film.show(5)
    cut = [p.payload.removesuffix(TRAILER) for p in film.bob.got[80]]
    assert [p[4:] for p in payloads(film.ben)] == [p[4:] for p in cut]


def test_frames_without_metadata_are_left_as_they_are() -> None:
    film = Film()
    film.call.send(film.alice, film.layer.make(film.call.now, key=True))
    assert [p[4:] for p in payloads(film.ben)] == [p[4:] for p in payloads(film.bob)]
