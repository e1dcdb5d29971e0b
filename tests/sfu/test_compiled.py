"""Loops say the same compiled and run by the interpreter, and never leave their arrays."""

import pytest

from tests.sim.retold import play, retell


@pytest.mark.timeout(300)
def test_without_numba_everything_is_the_same() -> None:
    retold = retell(1, {"NUMBA_DISABLE_JIT": "1"})

    assert not retold.is_compiled
    assert retold.outcome == play(1)


@pytest.mark.timeout(300)
def test_no_loop_leaves_its_arrays() -> None:
    retold = retell(2, {"NUMBA_BOUNDSCHECK": "1"})

    assert retold.is_compiled
    assert retold.outcome == play(2)


@pytest.mark.timeout(300)
def test_after_a_rehearsal_nothing_is_compiled_any_more() -> None:
    """It would take seconds in the midst of calls."""
    assert retell(3, {}).versions == {1}
