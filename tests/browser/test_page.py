"""The product's own page: the printed link, two people, and nothing that should not be."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.browser.accessible import accessible
from tests.browser.conftest import PAIRS, Seats
from tests.browser.seat import Seat
from tests.browser.visit import Visitor, by_id, invitation
from tests.conftest import Start
from tests.harness.netns import Cable
from tests.harness.server import RunningServer, Server

Visit = Callable[..., Visitor]
PERMISSIONS = ("camera", "microphone", "clipboard-read", "clipboard-write")


@pytest.fixture
def visit() -> Iterator[Visit]:
    """Open the product's page at a link in a tab that is closed after the test."""
    with ExitStack() as stack:

        def visit(seat: Seat, link: str) -> Visitor:
            tab = seat.browser.open(link, permissions=PERMISSIONS)
            stack.callback(tab.close)
            return Visitor(tab)

        yield visit


def link_for(server: Server) -> str:
    """The printed link, by loopback: a secure context, which the camera needs."""
    assert isinstance(server, RunningServer), "the page needs a server that we start"
    return invitation(server, "127.0.0.1")


@pytest.mark.parametrize("names", PAIRS.values(), ids=PAIRS)
def test_two_people_meet_by_the_printed_link(
    seats: Seats, visit: Visit, names: tuple[str, str]
) -> None:
    seat, other = seats(names[0]), seats(names[1])
    ann, ben = visit(seat, link_for(seat.server)), visit(other, link_for(other.server))
    ann.join("Ann")
    ben.join("Ben")

    ann.sees_movement()
    ben.sees_movement()
    ann.hears_something()
    ben.hears_something()


def test_the_copied_invitation_leads_into_the_same_room(seats: Seats, visit: Visit) -> None:
    seat = seats("chromium")
    ann = visit(seat, link_for(seat.server))
    ann.join("Ann")
    ann.click("invite-button")
    ann.until(by_id("link-copied"))
    copied = ann.tab.evaluate("() => navigator.clipboard.readText()")
    assert copied == link_for(seat.server)

    ben = visit(seat, copied)
    ben.join("Ben")

    ann.sees_movement()


def test_a_wrong_secret_gets_no_token(seats: Seats, visit: Visit) -> None:
    seat = seats("chromium")
    good = link_for(seat.server)
    stranger = visit(seat, good[:-1] + ("A" if good[-1] != "A" else "B"))
    stranger.until(f"{by_id('name-input')}?.checkVisibility()")
    stranger.tab.evaluate(f"() => {{ {by_id('name-input')}.focus(); return ''; }}")
    stranger.tab.type("Eve")
    stranger.click("join-button")

    stranger.until(by_id("error-message"))
    assert not [url for url in stranger.tab.said.requests if urlsplit(url).scheme == "ws"]
    assert stranger.read(f"{by_id('leave-button')} === null") is True


@pytest.mark.parametrize("fragment", ["", "#r=visit", "#r=visit.", "#r=.abc", "#r=%00.x", "#x"])
def test_an_incomplete_link_is_told_so(seats: Seats, visit: Visit, fragment: str) -> None:
    seat = seats("chromium")
    stranger = visit(seat, link_for(seat.server).split("#")[0] + fragment)

    stranger.until("document.querySelector('h1')")
    assert not [url for url in stranger.tab.said.requests if "/token" in url]
    assert stranger.read(f"{by_id('leave-button')} === null") is True


def test_muting_chat_and_screen_reach_the_other(seats: Seats, visit: Visit) -> None:
    seat = seats("chromium")
    ann, ben = visit(seat, link_for(seat.server)), visit(seat, link_for(seat.server))
    ann.join("Ann")
    ben.join("Ben")
    their = "document.querySelector('[data-testid=tile][data-local=false]')?.dataset"
    ben.until(f"{their}?.microphone === 'on' && {their}?.camera === 'on'")

    ann.click("mic-toggle")
    ben.until(f"{their}.microphone === 'off'")
    ann.click("mic-toggle")
    ben.until(f"{their}.microphone === 'on'")
    ann.click("camera-toggle")
    ben.until(f"{their}.camera === 'off'")
    ann.click("camera-toggle")
    ben.until(f"{their}.camera === 'on'")
    ben.sees_movement()

    ann.click("screen-toggle")
    ben.until("document.querySelector('[data-testid=screen-tile] video')?.videoWidth")
    ann.click("screen-toggle")
    ben.until("!document.querySelector('[data-testid=screen-tile]')")

    ann.click("chat-toggle")
    ann.until(f"document.activeElement === {by_id('chat-input')}")
    ann.tab.type("<b>How are you?</b>")
    ann.tab.press("Enter")
    ben.click("chat-toggle")
    ben.until(f"{by_id('chat-message')}?.textContent.includes('<b>How are you?</b>')")

    ann.click("leave-button")
    ann.until(f"{by_id('ending')}?.dataset.ending === 'left'")
    ben.until("!document.querySelector('[data-testid=tile][data-local=false]')")


def test_a_visit_by_keyboard_alone_is_announced(seats: Seats, visit: Visit) -> None:
    seat = seats("chromium")
    ben = visit(seat, link_for(seat.server))
    ben.join("Ben")
    ann = visit(seat, link_for(seat.server))
    ann.until(f"{by_id('name-input')}?.checkVisibility()")

    ann.walk_to("name-input")
    ann.tab.type("Ann")
    ann.walk_to("join-button")
    ann.tab.press("Enter")
    ann.until(by_id("leave-button"))
    says(ben, "Ann")

    ann.until(f"{by_id('mic-toggle')}.dataset.on === 'true'")
    ann.walk_to("mic-toggle")
    ann.tab.press("Space")
    ann.until(f"{by_id('mic-toggle')}.dataset.on === 'false'")
    says(ann, "(?i)microphone|mute")

    ann.walk_to("chat-toggle")
    ann.tab.press("Enter")
    ann.walk_to("chat-input")
    ann.tab.type("Hello Ben")
    ann.tab.press("Enter")
    says(ben, "Hello Ben")
    ann.tab.press("Escape")
    ann.until(f"!{by_id('chat-input')}?.checkVisibility()")

    ann.walk_to("leave-button")
    ann.tab.press("Enter")
    ann.until(by_id("ending"))
    says(ben, "Ann.*left|left.*Ann")


def says(visitor: Visitor, pattern: str) -> None:
    """Wait until the live region has said something of the kind."""
    matches = f"new RegExp({json.dumps(pattern.removeprefix('(?i)'))}, 'i').test(p.textContent)"
    visitor.until(
        f"[...document.querySelectorAll('[data-testid=live-region] p')].some((p) => {matches})"
    )
    assert any(re.search(pattern, text, re.IGNORECASE) for text in visitor.announced())


def test_axe_finds_nothing_on_any_screen(seats: Seats, visit: Visit) -> None:
    seat = seats("chromium")
    ann, ben = visit(seat, link_for(seat.server)), visit(seat, link_for(seat.server))
    ann.until(f"{by_id('name-input')}?.checkVisibility()")
    accessible(ann)

    ann.join("Ann")
    accessible(ann)  # alone in the room
    ben.join("Ben")
    ann.sees_movement()
    accessible(ann)

    ann.click("chat-toggle")
    ann.until(f"{by_id('chat-input')}?.checkVisibility()")
    accessible(ann)
    ann.tab.press("Escape")
    ann.click("settings-button")
    ann.until(f"{by_id('settings-dialog')}?.checkVisibility()")
    accessible(ann)
    ann.click("settings-close")

    ann.click("leave-button")
    ann.until(by_id("ending"))
    accessible(ann)
    accessible(visit(seat, link_for(seat.server).split("#")[0]))


def test_a_visit_asks_no_other_host_and_breaks_no_policy(seats: Seats, visit: Visit) -> None:
    seat = seats("chromium")
    ann, ben = visit(seat, link_for(seat.server)), visit(seat, link_for(seat.server))
    ann.join("Ann")
    ben.join("Ben")
    ann.sees_movement()
    ann.click("chat-toggle")
    ann.click("settings-button")
    ann.click("settings-close")
    ann.click("leave-button")
    ann.until(by_id("ending"))

    own = f"127.0.0.1:{seat.server.port}"
    schemes = {"http", "ws"}
    foreign = [
        url
        for url in ann.tab.said.requests
        if urlsplit(url).scheme not in {"blob", "data"}
        and (urlsplit(url).netloc != own or urlsplit(url).scheme not in schemes)
    ]
    assert ann.tab.said.requests
    assert foreign == []
    assert [text for text in ann.tab.said.console if "Content Security Policy" in text] == []
    assert [text for text in ann.tab.said.console if text.startswith("uncaught")] == []


def test_the_secret_is_in_no_request_and_in_no_log(seats: Seats, visit: Visit) -> None:
    seat = seats("chromium")
    link = link_for(seat.server)
    secret = link.rpartition(".")[2]
    ann = visit(seat, link)
    ann.join("Ann")

    assert not [
        url
        for url in ann.tab.said.requests
        if secret in urlsplit(url)._replace(fragment="").geturl()
    ]
    assert isinstance(seat.server, RunningServer)
    assert seat.server.text().count(secret) == 1  # the printed link


def test_two_machines_meet_with_a_certificate_of_our_own(
    seats: Seats, visit: Visit, cable: Cable, start_server: Start
) -> None:
    server = start_server(
        namespace=cable.near,
        addresses=[Cable.NEAR, "127.0.0.1"],
        arguments="--tls self",
        ports=(7890, 7891, 7892),
        scheme="wss",
    )
    link = invitation(server)
    assert link.startswith(f"https://{Cable.NEAR}:7890/")
    ann, ben = visit(seats("near chromium"), link), visit(seats("far chromium"), link)
    ann.join("Ann")
    ben.join("Ben")

    ann.sees_movement()
    ben.sees_movement()
    ann.hears_something()
    ben.hears_something()
