"""Where a client sits: a browser in some network, with the test page and a server in reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.browser.page import Site
from tests.browser.tab import Browser, Tab
from tests.harness.server import Server

LIVEKIT_CLIENT = "2.23.0"  # what the tests claim to prove


@dataclass
class Seat:
    browser: Browser
    site: Site
    server: Server

    def join(
        self,
        identity: str,
        room: str,
        *,
        single: bool = True,
        grants: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> "Client":
        """Open the test page and join; options as the page's `JoinOptions`."""
        client = Client(self.browser.lend(self.site.url), identity)
        token = self.server.token(identity, room, grants=grants)
        try:
            client.call("join", self.server.url, token, {"single": single, **options})
            assert client.call("version") == LIVEKIT_CLIENT
        except BaseException:
            client.tab.close()
            raise
        return client

    def leave(self, client: "Client") -> None:
        self.browser.give_back(client.tab)


class Client:
    """One participant in a tab: the functions of the test page's client, by name."""

    def __init__(self, tab: Tab, identity: str) -> None:
        self.tab = tab
        self.identity = identity

    def call(self, name: str, *parameters: Any, gesture: bool = False) -> Any:
        return self.tab.call(name, *parameters, gesture=gesture)

    def sees(self, other: "Client", source: str = "camera", timeout: float = 15) -> None:
        """Assert that the other's own picture comes, turns, and is hardly ever unclear."""
        seen = self.call("waitTurns", other.identity, source, 3, timeout * 1000)
        assert seen["unclear"] <= 1 + seen["frames"] / 5, seen

    def plays(self, frequency: float) -> float:
        """Publish a tone; returns its frequency, which some browsers do not let us choose."""
        fixed = self.tab.fixed_tone
        self.call("publishAudio", *([] if fixed else [frequency]))
        return fixed or frequency

    def hears(self, other: "Client", timeout: float = 15) -> float:
        """The frequency in Hz of what the other plays."""
        return float(self.call("waitTone", other.identity, timeout * 1000))

    def sent(self, source: str = "camera") -> dict[str, Any]:
        """The statistics of the one stream, or of the best layer, that we send."""
        streams = self.call("sent", source)
        best: dict[str, Any] = max(streams, key=lambda stream: bool(stream.get("rid") == "f"))
        return best

    def received(self, other: "Client", source: str = "camera") -> dict[str, Any]:
        """The one inbound stream's statistics."""
        (stream,) = self.call("received", other.identity, source)
        return dict(stream)
