"""The fast way is used only where it gives the same as the public one."""

import sys
from collections.abc import Callable

import pytest
from pylibsrtp._binding import lib

from sfu.arena import Arena
from sfu.ring import Batch, Ring
from sfu.sealing import direct, trial
from sfu.sealing.direct import DirectSealer
from sfu.sealing.public import PublicSealer

RING = Ring(blocks=1)


def test_the_fast_way_is_chosen_when_it_works(caplog: pytest.LogCaptureFixture) -> None:
    assert isinstance(trial.choose(RING), DirectSealer)
    assert caplog.text == ""


def test_the_public_way_can_be_asked_for() -> None:
    assert isinstance(trial.choose(RING, portable=True), PublicSealer)


def seals_nothing(self: DirectSealer, arena: Arena) -> None:
    """As if the functions did something else."""


def takes_all(self: DirectSealer, batch: Batch, positions: list[int], _: list[int]) -> list[int]:
    return [0] * len(positions)


def fails(self: DirectSealer, ring: Ring) -> None:
    raise TypeError("libsrtp takes something else")


@pytest.mark.parametrize(
    ("method", "other"), [("seal", seals_nothing), ("unseal", takes_all), ("__init__", fails)]
)
def test_the_public_way_is_chosen_when_it_does_not(
    method: str,
    other: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(DirectSealer, method, other)
    assert isinstance(trial.choose(RING), PublicSealer)
    assert "slow way" in caplog.text


def test_the_public_way_is_chosen_without_the_private_functions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "sfu.sealing.direct", None)
    assert isinstance(trial.choose(RING), PublicSealer)


def test_functions_that_take_something_else_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        srtp_protect = lib.srtp_create
        srtp_protect_rtcp = lib.srtp_protect_rtcp
        srtp_unprotect = lib.srtp_unprotect
        srtp_unprotect_rtcp = lib.srtp_unprotect_rtcp

    monkeypatch.setattr(direct, "lib", Other)
    with pytest.raises(TypeError, match="libsrtp takes"):
        direct.check_functions()


def test_control_that_is_not_authentic_must_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "unsealed_control", lambda *_: trial.CONTROL)
    assert isinstance(trial.choose(RING), PublicSealer)
