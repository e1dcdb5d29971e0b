"""The server looks at itself: a relay that stops is told of within 90 s, with what to do."""

import asyncio
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from tests.api.test_clinic_up import accept
from tests.conftest import Start
from tests.harness import relay
from tests.harness.mailbox import Mailbox, receiving
from tests.harness.relay import HOST, PASSWORD, USER, RunningRelay
from tests.harness.server import OURS, RunningServer
from tests.harness.wait import until

pytestmark = pytest.mark.skipif(not OURS, reason="of our own command line")

PROMISE = 90.0  # seconds from the failure to the banner
PAGE = 10.0  # seconds between two questions of a page
TRUE = pytest.param(60.0, marks=[pytest.mark.long, pytest.mark.timeout(900)])


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A mail server in a thread of its own: the test itself waits for processes."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    context = receiving()

    def run(job: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(job, loop).result(10)

    try:
        yield run(context.__aenter__())
    finally:
        run(context.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def settings(relaying: RunningRelay, box: Mailbox, every: float) -> dict[str, Any]:
    mail = {"host": HOST, "port": box.port, "security": "none", "sender": "no-reply@n.example"}
    server = {
        "host": HOST, "port": relaying.port, "protocol": "udp", "username": USER,
        "credential": PASSWORD,
    }  # fmt: skip
    return {
        "clinic": {
            "enabled": True,
            "mail": mail,
            "status": {"every": f"{every:g}s" if every >= 1 else f"{every * 1000:g}ms"},
        },
        "rtc": {"node_ip": HOST, "turn_servers": [server]},
        "turn": {"enabled": False},
    }


def clinic_of(server: RunningServer) -> str:
    return server.url.replace("ws", "http", 1) + "/api/v1"


def standing(api: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{api}/status", trust_env=False).json()
    return found


def states(api: str) -> dict[str, bool]:
    return {part["part"]: part["well"] for part in standing(api)["parts"]}


def start_again(relaying: RunningRelay) -> subprocess.Popen[bytes]:
    config = relaying.log.with_name("relay.yaml")
    with relaying.log.open("ab") as out:
        return subprocess.Popen(
            [str(relay.COMMAND), "turn", "--config", str(config)], stdout=out, stderr=out
        )


@pytest.mark.parametrize("every", [0.5, TRUE])
def test_a_relay_that_stops_is_told_of(tmp_path: Path, start_server: Start, every: float) -> None:
    with mailbox() as box, relay.running(tmp_path) as relaying:
        server = start_server(settings=settings(relaying, box, every))
        api = clinic_of(server)
        link = until(lambda: re.search(r"#l=(hcl_\S+)", server.text()), "an owner's link")
        with httpx.Client(base_url=api, trust_env=False) as browser:
            assert accept(browser, link[1]).status_code == 201
        well = {"room": True, "relay": True, "mail": True, "database": True}
        until(lambda: states(api) == well, f"all is well: {standing(api)}", every + 20)
        assert box.letters == []

        relaying.process.terminate()
        relaying.process.wait(relay.ENDS_WITHIN)
        stopped = monotonic()
        until(lambda: not states(api)["relay"], "the relay's end is seen", PROMISE - PAGE)
        seen = monotonic() - stopped
        (down,) = [part for part in standing(api)["parts"] if not part["well"]]
        assert down["part"] == "relay"
        assert "Start it again" in down["sentence"]
        until(lambda: box.letters, "a letter")

        again = start_again(relaying)
        try:
            until(lambda: states(api) == well, "all is well again", every + 30)
            back = monotonic() - stopped
        finally:
            again.terminate()
            again.wait(relay.ENDS_WITHIN)
        (letter,) = box.letters
        assert letter["To"] == "olga@n.example"
        assert "`housecall doctor` says which" in letter.get_content().replace("\n", " ")
        assert standing(api)["status"] in ("ok", "degraded")
        print(json.dumps({"every": every, "seen": round(seen, 1), "back": round(back, 1)}))
