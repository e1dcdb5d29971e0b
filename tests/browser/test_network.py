"""Clients whose process or network goes away."""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.browser.conftest import Join, Seats
from tests.browser.seat import Seat
from tests.browser.tab import Browser
from tests.browser.test_mixed import meanwhile
from tests.harness.netns import Cable
from tests.interop.member import member
from tests.interop.party import parties

AWAY = 8.0  # seconds


@pytest.mark.anyio
async def test_killed_clients_are_gone_for_the_others_within_25_seconds(
    seats: Seats, join: Join, launch: Callable[..., Browser], room: str
) -> None:
    seat = seats("chromium")
    ann = await meanwhile(lambda: join(seat, "ann"))
    doomed = await meanwhile(lambda: launch("chromium"))
    ben = await meanwhile(lambda: Seat(doomed, seat.site, seat.server).join("ben", room))
    await meanwhile(ben.call, "publishVideo")
    await meanwhile(ann.sees, ben)
    async with parties(seat.server, room, "eve", single=True) as (eve,):
        with (
            member(seat.server, room, "cat", "single") as cat,
            member(seat.server, room, "dan", "dual") as dan,
        ):
            await eve.sees_pictures_of("cat")
            await eve.sees_pictures_of("dan")

            doomed.kill()
            cat.kill()
            dan.kill()

            await asyncio.gather(
                meanwhile(ann.call, "waitParticipants", ["eve"], 25_000),
                eve.until(
                    lambda: set(eve.room.remote_participants) == {"ann"},
                    "is told that all three are gone",
                    timeout=25,
                ),
            )
    await meanwhile(doomed.close)


@pytest.mark.parametrize("how", ["lost on the way", "unplugged"])
def test_a_call_goes_on_when_the_network_was_away_for_8_seconds(
    seats: Seats, room: str, cable: Cable, how: str
) -> None:
    """For those with one peer connection, and for those with two."""
    near, far = seats("near chromium"), seats("far chromium")
    with ExitStack() as stack:
        calls = []
        for single in (True, False):
            ann = near.join("ann", f"{room}-{single}", single=single)
            stack.callback(near.leave, ann)
            ben = far.join("ben", f"{room}-{single}", single=single)
            stack.callback(far.leave, ben)
            calls.append((ann, ben))
        for ann, ben in calls:
            ann.call("publishVideo")
            ben.call("publishVideo")
        for ann, ben in calls:
            ann.sees(ben)
            ben.sees(ann)

        away, back = {
            "lost on the way": (cable.cut, cable.mend),
            "unplugged": (cable.unplug, cable.plug),
        }[how]
        away()
        time.sleep(AWAY)
        back()

        for ann, ben in calls:
            ann.sees(ben, timeout=30)
            ben.sees(ann, timeout=30)
            assert "disconnected" not in [event["name"] for event in ben.call("happened")]
            told = [event["name"] for event in ann.call("happened")]
            assert "participantDisconnected" not in told


def test_a_call_crosses_between_two_machines(seats: Seats, join: Join, single: bool) -> None:
    ann = join(seats("firefox"), "ann", single=single)
    ben = join(seats("far chromium"), "ben", single=single)
    ann.call("publishVideo")
    ben.call("publishVideo")

    ann.sees(ben)
    ben.sees(ann)
