"""Clients whose process or network goes away."""

import time
from collections.abc import Callable

import pytest

from tests.browser.conftest import Join, Seats
from tests.browser.seat import Seat
from tests.browser.tab import Browser
from tests.harness.netns import Cable

AWAY = 8.0  # seconds


def test_a_killed_browser_is_gone_for_the_others_within_25_seconds(
    seats: Seats, join: Join, launch: Callable[..., Browser], room: str
) -> None:
    seat = seats("chromium")
    ann = join(seat, "ann")
    doomed = launch("chromium")
    ben = Seat(doomed, seat.site, seat.server).join("ben", room)
    ben.call("publishVideo")
    ann.sees(ben)

    doomed.kill()

    ann.call("waitParticipants", [], 25_000)
    doomed.close()


@pytest.mark.parametrize("single", [True, False], ids=["single", "dual"])
@pytest.mark.parametrize("how", ["lost on the way", "unplugged"])
def test_a_call_goes_on_when_the_network_was_away_for_8_seconds(
    seats: Seats, join: Join, cable: Cable, single: bool, how: str
) -> None:
    ann = join(seats("near chromium"), "ann", single=single)
    ben = join(seats("far chromium"), "ben", single=single)
    ann.call("publishVideo")
    ben.call("publishVideo")
    ann.sees(ben)
    ben.sees(ann)

    away, back = {
        "lost on the way": (cable.cut, cable.mend),
        "unplugged": (cable.unplug, cable.plug),
    }[how]
    away()
    time.sleep(AWAY)
    back()

    ann.sees(ben, timeout=30)
    ben.sees(ann, timeout=30)
    assert "disconnected" not in [event["name"] for event in ben.call("happened")]
    assert "participantDisconnected" not in [event["name"] for event in ann.call("happened")]


def test_a_call_crosses_between_two_machines(seats: Seats, join: Join, single: bool) -> None:
    ann = join(seats("firefox"), "ann", single=single)
    ben = join(seats("far chromium"), "ben", single=single)
    ann.call("publishVideo")
    ben.call("publishVideo")

    ann.sees(ben)
    ben.sees(ann)
