"""A call over a network that loses, delays and reorders packets both ways."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.browser.conftest import Join
from tests.browser.page import Site
from tests.browser.seat import Seat
from tests.browser.tab import Browser
from tests.conftest import Start
from tests.harness.tunnel import Tunnel
from tests.sim.impair import Conditions

BAD = Conditions(loss=0.03, delay=0.03, jitter=0.02, swapped=0.01)
RUN = 10  # seconds


@pytest.fixture
def distant(
    launch: Callable[..., Browser], page_folder: Path, start_server: Start
) -> Iterator[tuple[Tunnel, Seat]]:
    """A seat at the other end of a tunnel from the server."""
    with Tunnel() as tunnel:
        server = start_server(
            namespace=tunnel.near, addresses=[Tunnel.NEAR], ports=(7880, 7881, 7882)
        )
        browser = launch("chromium", namespace=tunnel.far)
        with closing(browser), closing(Site(page_folder, tunnel.far)) as site:
            yield tunnel, Seat(browser, site, server)


def test_lost_packets_are_repaired_in_both_directions(
    distant: tuple[Tunnel, Seat], join: Join
) -> None:
    tunnel, seat = distant
    tunnel.impair(BAD)
    ann, ben = join(seat, "ann"), join(seat, "ben")
    ann.call("publishVideo", {"fps": 30, "width": 640, "height": 360})
    ann.plays(440)
    ben.sees(ann)
    before, sent_before = ben.received(ann), ann.sent()

    time.sleep(RUN)  # the run itself
    after, sent = ben.received(ann), ann.sent()

    decoded = after["framesDecoded"] - before["framesDecoded"]
    assert decoded >= 0.9 * (sent["framesEncoded"] - sent_before["framesEncoded"])
    assert after["retransmittedPacketsReceived"] > 0  # we answer the subscriber's NACKs
    assert sent["retransmittedPacketsSent"] > 0  # and the publisher answers ours
    assert after["totalFreezesDuration"] - before["totalFreezesDuration"] < RUN / 5
    assert ben.hears(ann) == pytest.approx(440, abs=10)


@pytest.mark.parametrize("quality", [0, 2], ids=["low", "high"])
@pytest.mark.parametrize("codec", ["vp9", "av1"])
def test_lost_packets_of_a_layered_video_are_repaired(
    distant: tuple[Tunnel, Seat], join: Join, codec: str, quality: int
) -> None:
    tunnel, seat = distant
    tunnel.impair(BAD)
    ann, ben = join(seat, "ann"), join(seat, "ben")
    options = {"codec": codec, "layers": "L2T3_KEY", "width": 640, "height": 360}
    ann.call("publishVideo", options)
    ben.sees(ann)
    if not quality:
        ben.call("switchQuality", "ann", "camera", quality, 180)
    before, sent_before = ben.received(ann), ann.sent()

    time.sleep(RUN)  # the run itself
    after, sent = ben.received(ann), ann.sent()

    decoded = after["framesDecoded"] - before["framesDecoded"]
    encoded = sent["framesEncoded"] - sent_before["framesEncoded"]  # each layer's
    assert decoded >= 0.85 * encoded / 2
    assert after["retransmittedPacketsReceived"] > 0
    assert after["totalFreezesDuration"] - before["totalFreezesDuration"] < RUN / 5
    ben.sees(ann)


def test_where_no_udp_passes_the_call_goes_over_tcp(
    distant: tuple[Tunnel, Seat], join: Join, single: bool
) -> None:
    tunnel, seat = distant
    tunnel.carries_udp = False
    ann, ben = join(seat, "ann", single=single), join(seat, "ben", single=single)
    ann.call("publishVideo")
    ann.plays(440)

    ben.sees(ann)
    assert ben.hears(ann) == pytest.approx(440, abs=10)


def test_a_thin_wire_leaves_a_moving_picture(distant: tuple[Tunnel, Seat], join: Join) -> None:
    tunnel, seat = distant
    ann, ben = join(seat, "ann"), join(seat, "ben")
    ann.call("publishVideo", {"width": 1280, "height": 720, "simulcast": True})
    ben.sees(ann)

    tunnel.impair(Conditions(delay=0.03, rate=2_500_000 / 8))
    ben.call("waitFrames", "ann", "camera", 5 * 15, 15_000)

    ben.sees(ann)
