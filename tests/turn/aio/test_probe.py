"""The probe believes a system only when everything comes back as it was sent."""

import dataclasses
import errno
import sys
from typing import Any

import pytest

from turn.aio import mmsg, probe
from turn.aio.mmsg import Calls, Unavailable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="recvmmsg is Linux's")


def changed(**calls: Any) -> Calls:
    return dataclasses.replace(mmsg.load(), **calls)


def test_this_system_passes() -> None:
    assert probe.probe()[1]


@pytest.mark.parametrize(
    "calls",
    [
        changed(receive=lambda *_: -errno.ENOSYS),
        changed(send=lambda *_: -errno.ENOSYS),
        changed(make_timer=lambda: -errno.ENOSYS),
        changed(receive=lambda _socket, _messages, count: count),
    ],
    ids=["no recvmmsg", "no sendmmsg", "no timerfd", "wrong layout"],
)
def test_a_system_that_does_otherwise_is_refused(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "load", lambda: calls)
    with pytest.raises(Unavailable):
        probe.probe()


def test_other_systems_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(Unavailable, match="Linux"):
        mmsg.load()


def test_without_segments_the_rest_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    real = mmsg.load()

    def send(file: int, messages: int, count: int) -> int:
        return real.send(file, messages, count) if count > 1 else -errno.EIO

    monkeypatch.setattr(probe, "load", lambda: changed(send=send))
    assert probe.probe()[1] is False
