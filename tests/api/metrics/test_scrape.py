"""A running server as Prometheus scrapes it, while two people talk."""

import base64
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.api.metrics.reading import Reading
from tests.conftest import Start
from tests.harness.command import run
from tests.harness.server import OURS, RunningServer, free_ports
from tests.interop.party import parties

pytestmark = pytest.mark.skipif(not OURS, reason="of our own settings")

HOUSECALL = str(Path(sys.executable).parent / "housecall")
PASSWORD = "metrics-password"
Scraped = tuple[RunningServer, int]


@pytest.fixture(scope="module")
def scraped(start_server: Start) -> Scraped:
    port = free_ports()[0]
    keys = {"port": port, "username": "scraper", "password": PASSWORD}
    return start_server(settings={"prometheus": keys}), port


def scrape(port: int, credentials: str) -> str:
    header = "Basic " + base64.b64encode(credentials.encode()).decode()
    request = Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": header})
    with urlopen(request, timeout=5) as answer:
        text: bytes = answer.read()
    return text.decode()


@pytest.mark.anyio
async def test_a_call_shows_in_what_is_scraped(scraped: Scraped, room: str) -> None:
    server, port = scraped

    def read() -> Reading:
        return Reading(scrape(port, f"scraper:{PASSWORD}"))

    async with parties(server, room, "quentin", "ben", single=True) as (quentin, ben):
        await quentin.publish_tone(440)
        await ben.hears_tone_of("quentin")
        first = read()
        await ben.hears_tone_of("quentin")
        second = read()

    assert first("livekit_room_total") == 1
    assert first("livekit_participant_total") == 2
    assert first("livekit_track_published_total", kind="AUDIO") == 1
    assert first("livekit_track_subscribed_total", kind="AUDIO") == 1
    for name, labels in (
        ("livekit_packet_total", {"direction": "incoming", "transmission": "initial"}),
        ("livekit_packet_total", {"direction": "outgoing", "transmission": "initial"}),
        ("livekit_packet_bytes", {"direction": "outgoing"}),
        ("housecall_batch_datagrams_count", {}),
        ("housecall_loop_busy_seconds_total", {}),
    ):
        assert second(name, **labels) > first(name, **labels) > 0, name
    assert first("housecall_node_memory_bytes") > 10e6
    assert first("housecall_socket_dropped_total") == 0
    told = scrape(port, f"scraper:{PASSWORD}")
    assert "quentin" not in told
    assert room not in told


def test_the_password_is_asked_for(scraped: Scraped) -> None:
    _, port = scraped

    with pytest.raises(HTTPError) as refused:
        scrape(port, "scraper:guess")

    with refused.value:
        assert refused.value.code == 401


def test_the_main_port_tells_this_machine(scraped: Scraped) -> None:
    server, _ = scraped
    status, text = server.get("/metrics")

    assert status == 200
    assert Reading(text)("livekit_room_total") == 0
    assert server.get("/metrics", {"X-Forwarded-For": "127.0.0.1"})[0] == 403


def test_half_of_a_password_is_one_clear_sentence(tmp_path: Path) -> None:
    file = tmp_path / "livekit.yaml"
    file.write_text("keys: {a: b}\nprometheus: {port: 6789, username: scraper}\n")
    said = run([HOUSECALL, "up", "--config", str(file), "--data", str(tmp_path)])

    assert said.returncode == 1
    assert said.stderr == ("housecall: prometheus.username and prometheus.password go together\n")
