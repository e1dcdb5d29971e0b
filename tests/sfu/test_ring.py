import pytest

from sfu.path import TCP, key, path_of
from sfu.ring import BLOCK, RECEIVE_MAX, SLOT, SPARE, Ring


def fill(ring: Ring, count: int) -> list[int]:
    return [ring.reserve() for _ in range(count)]


def test_slots_differ_and_hold_what_is_written() -> None:
    ring = Ring()
    slots = fill(ring, 3 * BLOCK)
    for slot in slots:
        ring.view(slot)[:2] = (slot % 65536).to_bytes(2, "big")

    assert len(set(slots)) == 3 * BLOCK
    assert all(bytes(ring.view(slot)[:2]) == (slot % 65536).to_bytes(2, "big") for slot in slots)
    assert len(ring.view(slots[0])) == RECEIVE_MAX


def test_it_grows_while_everything_is_young() -> None:
    ring = Ring(depth=1.0)
    for n in range(100):
        ring.tick(n * 0.009)
        fill(ring, BLOCK)

    assert ring.size == 100 * BLOCK * SLOT


def test_blocks_are_used_again_when_they_are_older_than_the_depth() -> None:
    ring = Ring(depth=1.0)
    for n in range(1000):
        ring.tick(n * 0.1)
        fill(ring, BLOCK)

    assert ring.size <= 13 * BLOCK * SLOT  # 1 s is ten blocks; two are about to be full or used


def test_what_is_not_needed_any_more_is_given_back() -> None:
    ring = Ring(depth=1.0)
    for _ in range(50):
        fill(ring, BLOCK)
    for n in range(1, 10):
        ring.tick(n * 2.0)
        fill(ring, BLOCK)

    assert ring.size <= (SPARE + 1) * BLOCK * SLOT


def test_a_reference_is_good_until_its_block_is_written_again() -> None:
    ring = Ring(depth=1.0)
    slot = ring.reserve()
    reference = ring.reference(slot)
    fill(ring, 2 * BLOCK)
    assert ring.holds(reference)

    for n in range(1, 8):
        ring.tick(n * 2.0)
        fill(ring, BLOCK)

    assert not ring.holds(reference)
    assert not ring.holds(1 << 60)


def test_what_was_given_back_is_not_held_and_costs_nothing() -> None:
    ring = Ring(depth=1.0)
    slots = fill(ring, 20 * BLOCK)
    references = [ring.reference(slot) for slot in slots]
    for slot in slots:
        ring.view(slot)[0] = 1
    for n in range(1, 4):
        ring.tick(n * 5.0)
        fill(ring, BLOCK)

    gone = [ref & 0xFFFFFF for ref in references if not ring.holds(ref)]
    assert len(gone) > 15 * BLOCK
    assert sum(ring.view(slot)[0] for slot in gone) <= 3 * BLOCK  # the system has the others


def test_a_full_ring_writes_its_oldest_block_again() -> None:
    ring = Ring(depth=1.0, blocks=4)
    first = ring.reference(ring.reserve())
    fill(ring, 4 * BLOCK - 1)
    assert ring.holds(first)

    ring.reserve()
    assert not ring.holds(first)
    assert ring.size == 4 * BLOCK * SLOT


def test_a_run_ends_with_its_block() -> None:
    ring = Ring()
    assert ring.run() == (0, BLOCK)
    ring.take(BLOCK - 3)
    assert ring.run() == (BLOCK - 3, 3)
    ring.take(3)
    assert ring.run() == (BLOCK, BLOCK)


def test_a_batch_is_consecutive_slots() -> None:
    ring = Ring()
    ring.reserve()
    path = (TCP, ("192.0.2.1", 5, 17))
    batch = ring.put(b"abc", path)

    assert (batch.first, batch.count, batch.key(0)) == (1, 1, b"17")
    assert bytes(ring.view(batch.first)[: batch.lengths[0]]) == b"abc"
    assert batch.path(0) == path


@pytest.mark.parametrize(
    "remote", [("192.0.2.1", 5000), ("2001:db8::1", 65535, 0, 0), ("fe80::1", 1, 0, 3)]
)
def test_a_key_stands_for_its_path(remote: tuple[str | int, ...]) -> None:
    path = (1, remote)
    assert path_of(1, key(path)) == path


def test_a_key_is_what_the_system_says() -> None:
    assert key((0, ("192.0.2.1", 5000))).hex() == "02001388c0000201" + 16 * "0"
