import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.transport.sctp_library import Environment, Timers, decode_params, drive

LOADED = """
import sys
import sfu.transport.sctp
print(sorted({"av", "aiortc", "aioice"} & sys.modules.keys()))
"""


def test_the_association_comes_without_aiortc_and_pyav() -> None:
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=root, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_timers_fire_once_and_can_be_cancelled() -> None:
    environment = Environment()
    environment.now = 10.0
    timers = Timers(environment)
    fired: list[str] = []
    timers.call_later(2.0, lambda: fired.append("late"))
    timers.call_later(1.0, lambda: fired.append("early"))
    timers.call_later(1.5, lambda: fired.append("never")).cancel()
    assert timers.next() == 11.0

    for timer in timers.take_due(11.5):
        timer.callback()
        timer.cancel()
    assert fired == ["early"]
    assert timers.next() == 12.0


def test_a_coroutine_that_would_wait_is_a_bug() -> None:
    class Waits:
        def __await__(self):  # type: ignore[no-untyped-def]
            yield

    async def wait() -> None:
        await Waits()

    with pytest.raises(RuntimeError):
        drive(wait())


def test_parameters_are_read_with_their_padding() -> None:
    body = bytes.fromhex("00070005aa000000c0000004")
    assert decode_params(body) == [(7, b"\xaa"), (0xC000, b"")]


def test_a_parameter_without_length_does_not_hold_us_for_ever() -> None:
    with pytest.raises(ValueError, match="shorter"):
        decode_params(bytes(8))


@given(st.binary(max_size=64))
def test_any_parameters_are_read_or_refused(body: bytes) -> None:
    try:
        params = decode_params(body)
    except ValueError:
        return
    assert sum(4 + len(value) for _, value in params) <= len(body)
