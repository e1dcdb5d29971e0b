"""Both ways of sealing give the same bytes and refuse the same packets."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.arena import PAYLOAD, ROWS, Arena
from sfu.loops.seal import TAG
from sfu.loops.sort import SORTED
from sfu.path import key
from sfu.ring import BLOCK, SLOT, Batch, Ring
from sfu.sealing import Sealer
from sfu.sealing.direct import DirectSealer
from sfu.sealing.public import PublicSealer
from sfu.tables import Rows
from sfu.transport.certificate import CM80, GCM
from sfu.transport.protection import Protection

KEYS = {GCM: (b"a" * 28, b"b" * 28), CM80: (b"a" * 30, b"b" * 30)}
REMOTE = key((0, ("192.0.2.1", 4000)))
WAYS = pytest.mark.parametrize("make", [DirectSealer, PublicSealer])
PROFILES = pytest.mark.parametrize("profile", [GCM, CM80])
RING = Ring(blocks=4)
ARENA = Arena()


def ends(profile: bytes) -> tuple[Protection, Protection]:
    one, other = KEYS[profile]
    return Protection(profile, one, other), Protection(profile, other, one)


def rtp(sequence: int, payload: bytes = b"payload", ssrc: int = 7) -> bytes:
    return struct.pack("!BBHII", 0x80, 96, sequence & 0xFFFF, 0, ssrc) + payload


def fill(arena: Arena, rows: list[tuple[int, bytes]], start: int = PAYLOAD - 12) -> None:
    """Packets for clients."""
    arena.count = 0
    for client, packet in rows:
        at = arena.count * SLOT + start
        arena.data[at : at + len(packet)] = packet
        arena.append(client, start, len(packet), -1)


def sealed(arena: Arena) -> list[bytes]:
    return [arena.packet(row) for row in range(arena.count)]


def receive(ring: Ring, batch: Batch, packets: list[bytes]) -> None:
    batch.start()
    for position, packet in enumerate(packets):
        ring.row(position)[: len(packet)] = packet
        batch.add(len(packet), REMOTE, 0.0)


def unseal(sealer: Sealer, batch: Batch, positions: list[int], clients: list[int]) -> list[int]:
    """0 where it is good."""
    media: Rows = np.zeros(len(positions), SORTED)
    media["position"], media["client"] = positions, clients
    refused = sealer.unseal(batch, media, len(positions))
    found: list[int] = media["refused"].tolist()
    assert refused == sum(map(bool, found))
    return found


def content(ring: Ring, batch: Batch, position: int) -> bytes:
    return ring.datagram(batch, position)


@WAYS
@PROFILES
def test_what_is_sealed_for_a_client_only_that_client_reads(
    make: Callable[[Ring], Sealer], profile: bytes
) -> None:
    sealer, (ours, theirs), (others, _) = make(RING), ends(profile), ends(profile)
    sealer.set_keys(5, ours)
    fill(ARENA, [(5, rtp(number)) for number in range(40)])

    sealer.seal(ARENA)

    assert [theirs.unprotect(packet) for packet in sealed(ARENA)] == [rtp(n) for n in range(40)]
    assert others.unprotect(sealed(ARENA)[0]) is None
    assert sealer.failed == 0


@WAYS
def test_a_row_that_fails_is_left_out_and_the_rest_is_sealed(
    make: Callable[[Ring], Sealer],
) -> None:
    sealer, (ours, theirs) = make(RING), ends(GCM)
    sealer.set_keys(1, ours)
    broken = bytes([0x9F]) + rtp(3)[1:]  # an extension that leads out of the packet
    fill(ARENA, [(1, rtp(1)), (2, rtp(2)), (1, broken), (1, rtp(4)), (9, rtp(5)), (1, rtp(6))])

    sealer.seal(ARENA)

    lengths = ARENA.length[: ARENA.count].tolist()
    assert [length > 0 for length in lengths] == [True, False, False, True, False, True]
    assert theirs.unprotect(sealed(ARENA)[5]) == rtp(6)
    assert sealer.failed == 3


@WAYS
@PROFILES
def test_control_is_sealed_as_such(make: Callable[[Ring], Sealer], profile: bytes) -> None:
    sealer, (ours, theirs) = make(RING), ends(profile)
    sealer.set_keys(1, ours)
    report = bytes([0x80, 201, 0, 1, 1, 2, 3, 4])
    fill(ARENA, [(1, rtp(1))])
    ARENA.append_control(1, report)

    sealer.seal(ARENA)

    assert [theirs.unprotect(sealed(ARENA)[0]), theirs.unprotect_rtcp(sealed(ARENA)[1])] == [
        rtp(1),
        report,
    ]


@WAYS
def test_a_row_without_length_is_no_failure(make: Callable[[Ring], Sealer]) -> None:
    sealer, (ours, _) = make(RING), ends(GCM)
    sealer.set_keys(1, ours)
    fill(ARENA, [(1, rtp(1)), (1, b""), (1, rtp(2))])

    sealer.seal(ARENA)

    assert ARENA.length[:3].tolist() == [len(rtp(1)) + 16, 0, len(rtp(2)) + 16]
    assert sealer.failed == 0


def test_nothing_is_written_beyond_a_row() -> None:
    sealer, (ours, _) = DirectSealer(RING), ends(GCM)
    sealer.set_keys(1, ours)
    longest = SLOT - TAG - PAYLOAD
    packets = [(1, rtp(number, bytes(longest + number))) for number in range(2)]
    fill(ARENA, [*packets, (1, rtp(2))])
    guard = ARENA.rows[2, : PAYLOAD - 12].tolist()

    sealer.seal(ARENA)

    assert ARENA.length[:3].tolist() == [SLOT - PAYLOAD + 12, 0, len(rtp(2)) + TAG]
    assert ARENA.rows[2, : PAYLOAD - 12].tolist() == guard
    assert sealer.failed == 1


@WAYS
def test_a_client_that_has_left_gets_nothing(make: Callable[[Ring], Sealer]) -> None:
    sealer, (ours, _) = make(RING), ends(GCM)
    sealer.set_keys(3, ours)
    sealer.set_keys(3, None)
    sealer.set_keys(4, None)
    fill(ARENA, [(3, rtp(1))])

    sealer.seal(ARENA)

    assert ARENA.length[0] == 0


@WAYS
def test_a_row_may_begin_anywhere(make: Callable[[Ring], Sealer]) -> None:
    for start in range(0, 132, 4):
        sealer, (ours, theirs) = make(RING), ends(GCM)
        sealer.set_keys(0, ours)
        fill(ARENA, [(0, rtp(1)), (0, rtp(2))], start)
        sealer.seal(ARENA)
        assert theirs.unprotect(sealed(ARENA)[1]) == rtp(2)


@WAYS
@PROFILES
def test_received_packets_are_read_where_they_stand(
    make: Callable[[Ring], Sealer], profile: bytes
) -> None:
    ring, batch = Ring(blocks=3), Batch()
    sealer, (ours, theirs) = make(ring), ends(profile)
    sealer.set_keys(2, ours)
    for first in range(0, 3 * BLOCK, BLOCK):
        packets = [rtp(number) for number in range(first, first + BLOCK)]
        receive(ring, batch, [theirs.protect(packet) or b"" for packet in packets])

        assert unseal(sealer, batch, list(range(BLOCK)), [2] * BLOCK) == [0] * BLOCK
        assert [content(ring, batch, position) for position in range(BLOCK)] == packets


@WAYS
def test_forged_repeated_and_strange_packets_are_refused(make: Callable[[Ring], Sealer]) -> None:
    batch = Batch()
    sealer, (ours, theirs), (others, _) = make(RING), ends(GCM), ends(CM80)
    sealer.set_keys(2, ours)
    sealer.set_keys(3, others)
    good = [theirs.protect(rtp(number)) or b"" for number in range(3)]
    forged = good[1][:-1] + bytes([good[1][-1] ^ 1])
    receive(RING, batch, [good[0], good[0], forged, good[1], good[2], good[2], b"\x80" * 11])

    results = unseal(sealer, batch, [0, 1, 2, 3, 4, 5, 6], [2, 2, 2, 2, 3, 9, 2])

    assert [result == 0 for result in results] == [True, False, False, True, False, False, False]
    assert content(RING, batch, 3) == rtp(1)


@WAYS
def test_only_what_was_asked_for_is_read(make: Callable[[Ring], Sealer]) -> None:
    batch = Batch()
    sealer, (ours, theirs) = make(RING), ends(GCM)
    sealer.set_keys(0, ours)
    receive(RING, batch, [theirs.protect(rtp(number)) or b"" for number in range(4)])
    before = content(RING, batch, 2)

    assert unseal(sealer, batch, [1, 3], [0, 0]) == [0, 0]

    assert content(RING, batch, 3) == rtp(3)
    assert content(RING, batch, 2) == before


@WAYS
def test_a_packet_that_came_by_tcp_is_read_too(make: Callable[[Ring], Sealer]) -> None:
    sealer, (ours, theirs) = make(RING), ends(GCM)
    sealer.set_keys(0, ours)
    for number in range(3):
        packet = theirs.protect(rtp(number))
        assert packet is not None
        batch = RING.put(packet, (-1, ("192.0.2.1", 5000, 1)))
        assert unseal(sealer, batch, [0], [0]) == [0]
        assert content(RING, batch, 0) == rtp(number)


WIRE = st.builds(
    lambda sequence, ssrc, payload, is_whole: rtp(sequence, payload, ssrc)[
        : None if is_whole else 9
    ],
    st.integers(0, 65535),
    st.integers(1, 3),
    st.binary(max_size=1300),
    st.integers(0, 9).map(bool),
)


@given(st.lists(WIRE, min_size=1, max_size=30), st.sampled_from([GCM, CM80]))
def test_both_ways_seal_to_the_same_bytes(packets: list[bytes], profile: bytes) -> None:
    results = []
    for sealer in (DirectSealer(RING), PublicSealer(RING)):
        sealer.set_keys(1, ends(profile)[0])
        fill(ARENA, [(1, packet) for packet in packets])
        sealer.seal(ARENA)
        results.append((sealed(ARENA), sealer.failed))

    assert results[0] == results[1]


@given(st.lists(WIRE, min_size=1, max_size=30), st.sampled_from([GCM, CM80]), st.data())
def test_both_ways_read_the_same_packets(
    packets: list[bytes], profile: bytes, data: st.DataObject
) -> None:
    sender, _ = ends(profile)
    wire = [sender.protect(packet) or packet for packet in packets]
    order = data.draw(st.lists(st.sampled_from(wire), min_size=1, max_size=40))
    if data.draw(st.booleans()):
        order[0] = order[0][:-1] + bytes([order[0][-1] ^ 1])
    results = []
    for sealer in (DirectSealer(RING), PublicSealer(RING)):
        batch = Batch()
        sealer.set_keys(1, ends(profile)[1])
        receive(RING, batch, order)
        status = unseal(sealer, batch, list(range(len(order))), [1] * len(order))
        good = [position for position, result in enumerate(status) if result == 0]
        results.append((good, [content(RING, batch, position) for position in good]))

    assert results[0] == results[1]


def test_an_arena_may_be_full() -> None:
    sealer, (ours, theirs) = DirectSealer(RING), ends(GCM)
    sealer.set_keys(1, ours)
    fill(ARENA, [(1, rtp(number)) for number in range(ROWS)])

    sealer.seal(ARENA)

    assert theirs.unprotect(ARENA.packet(ROWS - 1)) == rtp(ROWS - 1)
