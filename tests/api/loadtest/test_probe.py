"""The mark in a payload."""

import numpy as np

from api.loadtest import probe


def test_what_was_written_is_read_again() -> None:
    memory = np.zeros(200, np.uint8)

    probe.mark(memory, 60, 10**18, 7, 1)
    probe.mark(memory, 150, 5, 1000, 2**32 - 1)

    first, second = probe.read(memory, 60), probe.read(memory, 150)
    assert tuple(first) == (True, 10**18, 7, 1)
    assert tuple(second) == (True, 5, 1000, 2**32 - 1)


def test_it_ends_where_the_payload_ends() -> None:
    memory = np.zeros(100, np.uint8)

    probe.mark(memory, 60, 1, 2, 3)

    assert memory[36:44].tobytes() == b"HCprobe1"
    assert not memory[:36].any()
    assert not memory[60:].any()


def test_a_payload_without_it_is_not_marked() -> None:
    assert not probe.read(np.zeros(100, np.uint8), 50).is_marked
