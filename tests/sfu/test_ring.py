import pytest

from sfu.ring import BLOCK, SLOT, SPARE, Batch, Ring


def fill(ring: Ring, count: int) -> list[int]:
    return [ring.reserve() for _ in range(count)]


def test_slots_differ_and_hold_what_is_written() -> None:
    ring = Ring()
    slots = fill(ring, 3 * BLOCK)
    for slot in slots:
        ring.view(slot)[:2] = (slot % 65536).to_bytes(2, "big")

    assert len(set(slots)) == 3 * BLOCK
    assert all(bytes(ring.view(slot)[:2]) == (slot % 65536).to_bytes(2, "big") for slot in slots)
    assert len(ring.view(slots[0])) == SLOT


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


def test_a_slot_that_was_given_back_cannot_be_seen() -> None:
    ring = Ring(depth=1.0)
    slots = fill(ring, 20 * BLOCK)
    for n in range(1, 4):
        ring.tick(n * 5.0)
        fill(ring, BLOCK)

    gone = [slot for slot in slots if not ring.holds(1 << 24 | slot)]
    assert gone
    with pytest.raises(IndexError):
        _ = [ring.view(slot) for slot in gone]


def test_a_batch_is_parallel_lists() -> None:
    batch = Batch()
    batch.add(3, 100, (0, ("192.0.2.1", 5)))
    assert (batch.slots, batch.lengths, len(batch)) == ([3], [100], 1)

    batch.clear()
    assert len(batch) == 0
