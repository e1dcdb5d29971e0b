from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.path import TCP, key, path_of
from sfu.ring import AT, BLOCK, KEPT, LANDING, NEXT, RECEIVE_MAX, SLOT, SPARE, Ring

PAYLOAD = bytes(800)
FULL = KEPT * len(PAYLOAD)  # bytes of a block of these


def fill(ring: Ring, count: int) -> list[int]:
    """Slots."""
    return [ring.keep(PAYLOAD)[0] for _ in range(count)]


@given(st.lists(st.binary(max_size=RECEIVE_MAX), max_size=300))
def test_what_is_kept_stays_as_it_was(payloads: list[bytes]) -> None:
    ring = Ring(blocks=2)
    kept = [ring.keep(payload) for payload in payloads]

    assert [slot for slot, _ in kept] == list(range(len(payloads)))
    for (_, at), payload in zip(kept, payloads, strict=True):
        assert at % 8 == 0
        assert bytes(ring.data[at : at + len(payload)]) == payload


def test_a_full_block_of_the_longest_is_in_its_own_memory() -> None:
    ring = Ring(blocks=3)
    longest = b"\xff" * RECEIVE_MAX
    places = [ring.keep(longest)[1] for _ in range(3 * KEPT)]
    assert all(later - at >= RECEIVE_MAX for at, later in pairwise(places))
    assert places[-1] + RECEIVE_MAX <= len(ring.data)
    assert places[0] == LANDING


def test_rows_are_long_enough_for_a_datagram_and_apart() -> None:
    ring = Ring()
    for number in range(BLOCK):
        assert len(ring.row(number)) == RECEIVE_MAX
        ring.row(number)[:] = bytes([number]) * RECEIVE_MAX
    ring.keep(PAYLOAD)
    assert all(bytes(ring.row(n)) == bytes([n]) * RECEIVE_MAX for n in range(BLOCK))


def test_short_payloads_take_little_memory() -> None:
    ring = Ring()
    for _ in range(KEPT):
        ring.keep(bytes(121))
    assert ring.size == KEPT * 128


def test_it_grows_while_everything_is_young() -> None:
    ring = Ring(depth=1.0)
    for n in range(100):
        ring.tick(n * 0.009)
        fill(ring, KEPT)

    assert ring.size == 100 * FULL


def test_blocks_are_used_again_when_they_are_older_than_the_depth() -> None:
    ring = Ring(depth=1.0)
    for n in range(300):
        ring.tick(n * 0.1)
        fill(ring, KEPT)

    assert ring.size <= 13 * FULL  # 1 s is ten blocks; two are about to be full or used


def test_what_is_not_needed_any_more_is_given_back() -> None:
    ring = Ring(depth=1.0)
    for _ in range(50):
        fill(ring, KEPT)
    for n in range(1, 10):
        ring.tick(n * 2.0)
        fill(ring, KEPT)

    assert ring.size <= (SPARE + 1) * FULL


def test_a_reference_is_good_until_its_block_is_filled_again() -> None:
    ring = Ring(depth=1.0)
    (slot,) = fill(ring, 1)
    reference = ring.reference(slot)
    fill(ring, 2 * KEPT)
    assert ring.holds(reference)

    for n in range(1, 8):
        ring.tick(n * 2.0)
        fill(ring, KEPT)

    assert not ring.holds(reference)
    assert not ring.holds(1 << 60)


def test_what_was_given_back_is_not_held_and_costs_nothing() -> None:
    ring = Ring(depth=1.0)
    kept = [ring.keep(b"\1" + PAYLOAD) for _ in range(20 * KEPT)]
    references = {ring.reference(slot): at for slot, at in kept}
    for n in range(1, 4):
        ring.tick(n * 5.0)
        fill(ring, KEPT)

    gone = [at for reference, at in references.items() if not ring.holds(reference)]
    assert len(gone) > 15 * KEPT
    assert sum(ring.data[at] for at in gone) <= 3 * KEPT  # the system has the others


def test_a_full_ring_fills_its_oldest_block_again() -> None:
    ring = Ring(depth=1.0, blocks=4)
    (slot,) = fill(ring, 1)
    first = ring.reference(slot)
    fill(ring, 4 * KEPT - 1)
    assert ring.holds(first)

    fill(ring, 1)
    assert not ring.holds(first)
    assert ring.size == 4 * FULL


def test_room_is_in_one_block() -> None:
    """Loops move the cursor; they cannot open a block."""
    ring = Ring()
    fill(ring, KEPT - BLOCK)
    ring.room(BLOCK)
    assert ring.cursor[NEXT] == KEPT - BLOCK
    fill(ring, 1)
    ring.room(BLOCK)
    assert ring.cursor[NEXT] == KEPT
    assert ring.cursor[AT] == LANDING + KEPT * SLOT


def test_a_datagram_from_elsewhere_is_a_batch() -> None:
    ring = Ring()
    path = (TCP, ("192.0.2.1", 5, 17))
    batch = ring.put(b"abc", path)

    assert (batch.count, batch.key(0)) == (1, b"17")
    assert ring.datagram(batch, 0) == b"abc"
    assert batch.path(0) == path


@pytest.mark.parametrize(
    "remote", [("192.0.2.1", 5000), ("2001:db8::1", 65535, 0, 0), ("fe80::1", 1, 0, 3)]
)
def test_a_key_stands_for_its_path(remote: tuple[str | int, ...]) -> None:
    path = (1, remote)
    assert path_of(1, key(path)) == path


def test_a_key_is_what_the_system_says() -> None:
    assert key((0, ("192.0.2.1", 5000))).hex() == "02001388c0000201" + 16 * "0"
