"""How a server ends: politely at the first signal, at once at a second one."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from api import run
from api.run import Signals

pytestmark = pytest.mark.anyio


@pytest.fixture
def stubborn(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing but a signal ends a polite end."""
    monkeypatch.setattr(run, "POLITE", 3600.0)
    yield
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(
            number, signal.SIG_DFL if number == signal.SIGTERM else signal.default_int_handler
        )


@pytest.mark.usefixtures("stubborn")
@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_what_does_not_end_by_itself(second: signal.Signals) -> None:
    signals = Signals()
    serving = asyncio.create_task(asyncio.sleep(3600))
    os.kill(os.getpid(), signal.SIGTERM)
    await signals.first.wait()
    ending = asyncio.create_task(run._end(serving, signals))
    await asyncio.sleep(0)
    assert not ending.done()
    assert not signals.second.is_set()

    os.kill(os.getpid(), second)
    await ending
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert signals.second.is_set()


@pytest.mark.usefixtures("stubborn")
async def test_what_ends_by_itself_needs_no_second() -> None:
    signals = Signals()
    serving = asyncio.create_task(asyncio.sleep(0))
    await run._end(serving, signals)

    assert serving.done()
    assert not serving.cancelled()
    assert not signals.second.is_set()
