"""Loops say the same compiled and run by the interpreter, and never leave their arrays."""

import pytest

from tests.sim.retold import play, retell


@pytest.mark.timeout(300)
def test_without_numba_everything_is_the_same() -> None:
    assert retell(1, {"NUMBA_DISABLE_JIT": "1"}) == (False, play(1))


@pytest.mark.timeout(300)
def test_no_loop_leaves_its_arrays() -> None:
    assert retell(2, {"NUMBA_BOUNDSCHECK": "1"}) == (True, play(2))
