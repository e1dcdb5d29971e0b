"""Many packets, sealed and opened where they stand."""

from collections.abc import Callable

import numpy as np
import pytest

from api.loadtest.errors import LoadTestError
from api.loadtest.memory import Arena
from api.loadtest.sealing import DirectSealer, PublicSealer, Sealer, make_sealer
from api.loadtest.slots import Slots
from sfu import rtp
from sfu.transport.protection import Protection

PROFILE = b"SRTP_AEAD_AES_128_GCM"
OURS, THEIRS = bytes(range(28)), bytes(range(28, 56))


class Booth:
    """Two links with keys, 1 and 3."""

    def __init__(self, make: Callable[[Slots, int], Sealer]) -> None:
        self.arena, self.slots, self.lengths = Arena(8), Slots(8), np.zeros(8, np.int32)
        self.sealer = make(self.slots, 500)
        for link in (1, 3):
            self.sealer.set_keys(link, Protection(PROFILE, OURS, THEIRS))
        self.far = {link: Protection(PROFILE, THEIRS, OURS) for link in (1, 3)}

    def put(self, link: int, packet: bytes, start: int) -> None:
        row = self.arena.count
        self.arena.rows[row, start : start + len(packet)] = np.frombuffer(packet, np.uint8)
        self.arena.link[row], self.arena.start[row] = link, start
        self.arena.length[row] = len(packet)
        self.arena.count += 1

    def land(self, slot: int, data: bytes) -> None:
        self.slots.put(slot, data)
        self.lengths[slot] = len(data)


@pytest.fixture(params=[DirectSealer, PublicSealer])
def booth(request: pytest.FixtureRequest) -> Booth:
    return Booth(request.param)


def packet(sequence: int) -> bytes:
    return rtp.build(96, sequence, 0, 11, bytes([sequence]) * 100)


def test_rows_are_sealed_for_their_links(booth: Booth) -> None:
    booth.put(1, packet(1), 40)
    booth.put(3, packet(1), 44)
    booth.put(1, packet(2), 40)

    booth.sealer.seal(booth.arena)

    opened = [
        booth.far[link].unprotect(booth.arena.packet(row)) for row, link in enumerate((1, 3, 1))
    ]
    assert opened == [packet(1), packet(1), packet(2)]


def test_a_row_of_a_link_without_keys_is_not_sent(booth: Booth) -> None:
    booth.put(1, packet(1), 40)
    booth.put(0, packet(1), 40)
    booth.put(1, packet(2), 40)

    booth.sealer.seal(booth.arena)

    assert booth.arena.length[1] == 0
    assert booth.far[1].unprotect(booth.arena.packet(2)) == packet(2)


def test_what_is_forged_is_refused_and_the_rest_is_opened(booth: Booth) -> None:
    first, second = (booth.far[3].protect(packet(n)) or b"" for n in (1, 2))
    booth.land(2, first)
    booth.land(4, first[:-1] + bytes([first[-1] ^ 1]))
    booth.land(7, second)

    good = booth.sealer.unseal(np.array([2, 4, 7]), np.array([3, 3, 3]), booth.lengths)

    assert good.tolist() == [True, False, True]
    assert booth.slots.content(2, int(booth.lengths[2])) == packet(1)
    assert booth.slots.content(7, int(booth.lengths[7])) == packet(2)


def test_what_comes_before_the_keys_is_refused(booth: Booth) -> None:
    booth.land(0, booth.far[3].protect(packet(1)) or b"")

    good = booth.sealer.unseal(np.array([0]), np.array([4]), booth.lengths)

    assert good.tolist() == [False]


def test_a_row_of_the_last_link_is_not_sent_without_keys(booth: Booth) -> None:
    booth.put(499, packet(1), 40)

    booth.sealer.seal(booth.arena)

    assert booth.arena.length[0] == 0


def test_another_pylibsrtp_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(make_sealer(Slots(1), 1), DirectSealer)

    monkeypatch.setattr(DirectSealer, "seal", lambda *_: None)

    with pytest.raises(LoadTestError, match="pylibsrtp"):
        make_sealer(Slots(1), 1)
