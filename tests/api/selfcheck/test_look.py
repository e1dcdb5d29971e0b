"""The server's own look at a running server: signaling, media, relay and database are real."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from livekit.protocol.room import ListRoomsRequest, ListRoomsResponse
from sqlalchemy import select

from api.app import Application
from api.clinic.checks import oldest
from api.clinical import Clinical
from api.plan import make_plan
from api.rules.checking import Part, Reason
from api.selfcheck.watch import Watch
from api.settings import load
from api.store.models import AccessEntry, Check
from tests.harness.server import free_ports

pytestmark = pytest.mark.anyio


class Running:
    def __init__(self, application: Application) -> None:
        assert application._clinical is not None
        assert application._clinical.lookout is not None
        self.application = application
        self.clinical: Clinical = application._clinical
        self.watch: Watch = application._clinical.lookout

    async def look(self) -> dict[Part, Reason | None]:
        """What the worst of each part's places is."""
        await self.watch.look()
        found: dict[Part, Reason | None] = {}
        for one in self.watch.standing.found:
            found[one.part] = found.get(one.part) or one.reason
        return found


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    tcp, udp, relay = free_ports()
    flags: dict[str, Any] = {
        "data": tmp_path, "workers": "0", "clinic": {"enabled": True},
        "rtc": {"tcp_port": tcp, "udp_port": udp, "node_ip": "127.0.0.1"},
        "turn": {"enabled": True, "udp_port": relay, "tcp_port": relay},
    }  # fmt: skip
    plan = make_plan(load(flags, {}, None), has_file=False)
    application = await Application.start(plan, [])
    try:
        yield Running(application)
    finally:
        await application.close()


WELL = dict.fromkeys((Part.ROOM, Part.RELAY, Part.DATABASE))


async def test_a_whole_server_is_well_and_nobody_notices_the_look(running: Running) -> None:
    for _ in range(4):
        assert await running.look() == WELL

    rooms = await running.application.signaling.administer(
        "RoomService/ListRooms", ListRoomsRequest()
    )
    assert isinstance(rooms, ListRoomsResponse)
    assert list(rooms.rooms) == []
    await running.clinical.joins.flush()
    workspace = await oldest(running.clinical.clinic)
    assert workspace is not None
    async with running.clinical.clinic.store.reading(workspace.id) as tx:
        assert (await tx.session.scalars(select(AccessEntry))).all() == []
        rows = (await tx.session.scalars(select(Check).where(Check.part == "relay"))).all()
    assert {row.place.partition("?")[2] for row in rows if row.place} == {
        "transport=udp", "transport=tcp",
    }  # fmt: skip
    text = (await running.application.metrics.text()).decode()
    assert 'housecall_check_well{part="room"} 1.0' in text
    assert 'housecall_check_failures_total{part="relay"} 0.0' in text
    assert "housecall_check_timestamp_seconds" in text


async def test_a_relay_that_is_stopped_is_found(running: Running) -> None:
    assert await running.look() == WELL
    relay, running.application.relay = running.application.relay, None
    assert relay is not None
    await relay.close()

    assert await running.look() == WELL | {Part.RELAY: Reason.SILENT}

    assert "Start it again" in running.watch.standing.troubles[Part.RELAY].sentence


async def test_a_server_that_lets_nobody_in_is_found(running: Running) -> None:
    await running.application.signaling.close()

    found = await running.look()

    assert found[Part.ROOM] is Reason.REFUSED
    assert found[Part.RELAY] is None  # an address there has to do
