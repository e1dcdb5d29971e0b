"""A call over a network that loses, delays and reorders packets both ways."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.browser.conftest import Join
from tests.browser.page import Site
from tests.browser.seat import Seat
from tests.browser.tab import Browser
from tests.conftest import Start
from tests.harness.server import RunningServer
from tests.harness.tunnel import Tunnel
from tests.sim.impair import Conditions

BAD = Conditions(loss=0.03, delay=0.03, jitter=0.02, swapped=0.01)
RUN = 10  # seconds
LOW = 0  # livekit.VideoQuality


@pytest.fixture(scope="module")
def tunnel() -> Iterator[Tunnel]:
    with Tunnel() as tunnel:
        yield tunnel


@pytest.fixture(scope="module")
def far_seat(
    tunnel: Tunnel, launch: Callable[..., Browser], page_folder: Path, start_server: Start
) -> Iterator[Callable[[], Seat]]:
    """The seat at the other end of the tunnel from the server: another where that has ended."""
    near, made = tunnel.near, list[tuple[RunningServer, Seat]]()
    with ExitStack() as stack, closing(Site(page_folder, tunnel.far)) as site:

        def seat() -> Seat:
            if not made or made[-1][0].has_ended or not made[-1][1].browser.is_alive:
                server = start_server(
                    namespace=near, addresses=[Tunnel.NEAR], ports=(7880, 7881, 7882)
                )
                browser = stack.enter_context(closing(launch("chromium", namespace=tunnel.far)))
                made.append((server, Seat(browser, site, server)))
            return made[-1][1]

        yield seat


@pytest.fixture
def distant(tunnel: Tunnel, far_seat: Callable[[], Seat]) -> Iterator[tuple[Tunnel, Seat]]:
    """A seat at the other end of a tunnel, which is as good as new."""
    yield tunnel, far_seat()
    tunnel.impair(Conditions())
    tunnel.carries_udp = True


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


@pytest.mark.parametrize("codec", ["vp9", "av1"])
def test_lost_packets_of_a_layered_video_are_repaired(
    distant: tuple[Tunnel, Seat], join: Join, codec: str
) -> None:
    """For who watches its low layer, and for who watches the high one."""
    tunnel, seat = distant
    tunnel.impair(BAD)
    ann = join(seat, "ann")
    viewers = [join(seat, "ben"), join(seat, "cat")]
    options = {"codec": codec, "layers": "L2T3_KEY", "width": 640, "height": 360}
    ann.call("publishVideo", options)
    for viewer in viewers:
        viewer.sees(ann)
    viewers[0].call("switchQuality", "ann", "camera", LOW, 180)
    before, sent_before = [viewer.received(ann) for viewer in viewers], ann.sent()

    time.sleep(RUN)  # the run itself
    after, sent = [viewer.received(ann) for viewer in viewers], ann.sent()

    encoded = sent["framesEncoded"] - sent_before["framesEncoded"]  # each layer's
    for viewer, first, last in zip(viewers, before, after, strict=True):
        assert last["framesDecoded"] - first["framesDecoded"] >= 0.85 * encoded / 2
        assert last["retransmittedPacketsReceived"] > 0
        assert last["totalFreezesDuration"] - first["totalFreezesDuration"] < RUN / 5
        viewer.sees(ann)


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
