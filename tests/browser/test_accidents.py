"""Every accident that livekit-client can ask for: the call goes on."""

import pytest

from tests.browser.conftest import Join, Seats
from tests.browser.seat import Client

RESUMES = [
    "signal-reconnect",
    "disconnect-signal-on-resume",
    "disconnect-signal-on-resume-no-messages",
]
REJOINS = [
    "full-reconnect",
    "resume-reconnect",
    "leave-full-reconnect",
    "migration",
    "node-failure",
    "force-tcp",
]


def have_accident(seats: Seats, join: Join, single: bool, scenario: str) -> tuple[Client, Client]:
    """Two who see each other, and again after the first one's accident."""
    ann, ben = (join(seats("chromium"), name, single=single) for name in ("ann", "ben"))
    ann.call("publishVideo")
    ben.call("publishVideo")
    ann.sees(ben)
    ben.sees(ann)

    ann.call("simulate", scenario)

    ann.call("waitEvent", "reconnected", 1, 30_000)
    ann.call("waitState", "connected")
    ann.sees(ben)
    ben.sees(ann)
    return ann, ben


@pytest.mark.parametrize("scenario", RESUMES)
def test_a_resume_is_nothing_to_the_others(
    seats: Seats, join: Join, single: bool, scenario: str
) -> None:
    ann, ben = have_accident(seats, join, single, scenario)
    assert "signalReconnecting" in [event["name"] for event in ann.call("happened")]
    ann.call("sendNumbers", 1)
    ben.call("waitHeard", 1)
    seen = {event["name"] for event in ben.call("happened")}
    assert not seen & {"participantDisconnected", "trackUnpublished", "disconnected"}


@pytest.mark.parametrize("scenario", REJOINS)
def test_a_full_reconnect_brings_everything_back(
    seats: Seats, join: Join, single: bool, scenario: str
) -> None:
    _, ben = have_accident(seats, join, single, scenario)
    assert "disconnected" not in [event["name"] for event in ben.call("happened")]


@pytest.mark.parametrize("scenario", ["full-reconnect", "leave-full-reconnect"])
def test_what_is_published_right_after_a_full_reconnect_is_shown(
    seats: Seats, join: Join, single: bool, scenario: str
) -> None:
    """livekit-client forgets what it hears then, until two seconds after its JoinResponse."""
    ann, ben = (join(seats("chromium"), name, single=single) for name in ("ann", "ben"))
    ann.call("publishVideo")
    ben.sees(ann)

    ann.call("simulate", scenario)
    ann.call("waitEvent", "reconnected", 1, 30_000)
    ben.call("publishVideo")

    ann.sees(ben)


def test_a_client_that_finds_no_way_of_today_takes_the_old_one(seats: Seats, join: Join) -> None:
    ann, ben = (join(seats("chromium"), name, single=True) for name in ("ann", "ben"))
    ann.call("publishVideo")
    ben.sees(ann)

    ann.call("simulate", "fail-on-v1-path")
    ann.call("simulate", "full-reconnect")

    ann.call("waitEvent", "reconnected", 1, 30_000)
    ben.sees(ann)


def test_a_server_that_leaves_is_final(seats: Seats, join: Join, single: bool) -> None:
    ann, ben = (join(seats("chromium"), name, single=single) for name in ("ann", "ben"))

    ann.call("simulate", "server-leave")

    ann.call("waitState", "disconnected")
    ben.call("waitParticipants", [])


def test_a_pretended_speaker_falls_silent(seats: Seats, join: Join, single: bool) -> None:
    ann = join(seats("chromium"), "ann", single=single)

    ann.call("simulate", "speaker")

    ann.call("waitEvent", "activeSpeakersChanged", 2)
