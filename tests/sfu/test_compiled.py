"""Loops say the same compiled and run by the interpreter, and never leave their arrays."""

import importlib
import pkgutil
from typing import Any

import pytest

import sfu.loops
import turn.aio.loops
import turn.segments
from sfu.aio.edges import native
from sfu.aio.rehearsal import rehearse_media
from tests.sim.retold import play, retell


@pytest.mark.timeout(300)
def test_without_numba_everything_is_the_same() -> None:
    assert retell(1, {"NUMBA_DISABLE_JIT": "1"}) == (False, play(1))


@pytest.mark.timeout(300)
def test_no_loop_leaves_its_arrays() -> None:
    assert retell(2, {"NUMBA_BOUNDSCHECK": "1"}) == (True, play(2))


def test_after_a_rehearsal_nothing_is_compiled_any_more() -> None:
    """It would take seconds in the midst of calls."""
    rehearse_media()
    native()
    before = versions()
    play(3)

    assert before["turn.aio.loops.prepare"] == before["sfu.loops.write.write"] == 1
    assert versions() == before


def versions() -> dict[str, int]:
    """Of each loop that is called: for how many types of arguments it was compiled."""
    modules = [
        importlib.import_module(f"sfu.loops.{one.name}")
        for one in pkgutil.iter_modules(sfu.loops.__path__)
    ]
    found: dict[str, int] = {}
    for module in [*modules, turn.aio.loops, turn.segments]:
        for name, value in vars(module).items():
            signatures: Any = getattr(value, "signatures", None)
            if signatures:
                found[f"{module.__name__}.{name}"] = len(signatures)
    return found
