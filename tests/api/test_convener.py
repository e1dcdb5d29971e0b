"""The part of the server that goes back to providers by itself, and what the operator says of
them."""

import asyncio
from typing import Any

import pytest

from api.convener import Convener, registered_with
from api.rules.plans import Provider
from api.settings import SettingsError, load
from tests.api.conftest import Clock
from tests.api.house import House
from tests.api.providers import ZOOM, Fake, answers, connect, use
from tests.api.rest.test_conferencing import visit_at

pytestmark = pytest.mark.anyio


def settings(**providers: Any) -> Any:
    return load({"clinic": {"providers": providers}}, {}, None).clinic.providers


def test_providers_are_known_by_their_client_ids() -> None:
    teams = {"client_id": "a", "client_secret": "b", "tenant": "c/../d"}
    found = registered_with(settings(microsoft_teams=teams, zoom={"client_secret": "only"}))

    assert found.keys() == {Provider.MICROSOFT_TEAMS}
    own = found[Provider.MICROSOFT_TEAMS]
    assert own.adapter.grant.token.startswith("https://login.microsoftonline.com/c%2F..%2Fd/")
    assert "b" not in repr(own.client)
    assert registered_with(settings()) == {}


@pytest.mark.parametrize("origin", ["zoom.us", "ftp://x", "http://", "http://127.0.0.1:1/path"])
def test_an_origin_is_a_scheme_and_a_host(origin: str) -> None:
    with pytest.raises(SettingsError, match=r"clinic\.providers\.zoom\.origin"):
        settings(zoom={"origin": origin})
    assert settings(zoom={"origin": "http://127.0.0.1:9/"}).zoom.origin == "http://127.0.0.1:9"


async def test_it_goes_back_by_itself_once_there_is_something(north: House, clock: Clock) -> None:
    fake = Fake()
    use(north.clinic, fake)
    keeping = asyncio.create_task(Convener(north.clinic).keep())
    await connect(north, fake, ZOOM)
    fake.troubles[ZOOM] = answers(401)
    made = await visit_at(north.owner, "zoom")
    assert made["conference"]["state"] == "waiting"
    fake.troubles.clear()
    done = asyncio.Event()
    fake.on_made = done.set
    await connect(north, fake, ZOOM)
    async with asyncio.timeout(10):
        await done.wait()
    keeping.cancel()
    await asyncio.wait({keeping})
    assert fake.counts["make zoom"] == 1
