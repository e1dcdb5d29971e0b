"""What follows from what the server finds: rows, letters, and how it stands."""

from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import select

from api.clinic import checks
from api.clinic.checks import oldest
from api.clinic.outbox import place
from api.clinic.standing import Status
from api.datafolder import DataFolder
from api.rules.checking import CALM, Found, Part, Reason
from api.rules.wording import LetterKind
from api.selfcheck.watch import Terms, Watch
from api.store.errors import Unavailable
from api.store.models import AuditEntry, Check, Incident, Mail
from api.store.models.people import Identified
from tests.api.conftest import Clock
from tests.api.house import House

pytestmark = pytest.mark.anyio


Row = TypeVar("Row", bound=Identified)


class Relay:
    """As the next look finds it."""

    def __init__(self) -> None:
        self.reason: Reason | None = None

    async def look(self) -> Sequence[Found]:
        return [
            Found(Part.ROOM, None, 0.2),
            Found(Part.RELAY, self.reason, 0.1, "turn:192.0.2.1:3478?transport=udp"),
        ]


@pytest.fixture
def relay() -> Relay:
    return Relay()


def watch(north: House, relay: Relay, **terms: object) -> Watch:
    return Watch(north.clinic, "server-a", [relay.look], Terms(**terms))  # type: ignore[arg-type]


async def rows(north: House, table: type[Row]) -> list[Row]:
    workspace = await oldest(north.clinic)
    assert workspace is not None
    async with north.clinic.store.reading(workspace.id) as tx:
        return list((await tx.session.scalars(select(table).order_by(table.id))).all())


async def letters(north: House) -> list[tuple[str, str]]:
    """Kind and text of those about the server."""
    workspace = await oldest(north.clinic)
    assert workspace is not None
    kinds = [LetterKind.TROUBLE.value, LetterKind.WELL.value]
    async with north.clinic.store.reading(workspace.id) as tx:
        query = select(Mail).where(Mail.kind.in_(kinds)).order_by(Mail.id)
        found = (await tx.session.scalars(query)).all()
    read = []
    for mail in found:
        opened = north.clinic.keyring.open(mail.sealed or b"", place(mail.id))
        message = message_from_bytes(opened, policy=policy.SMTPUTF8)
        read.append((mail.kind, message.get_content()))
    return read


async def test_rows_say_which_server_looked_and_what_it_found(north: House, relay: Relay) -> None:
    await watch(north, relay).look()

    found = await rows(north, Check)
    assert {row.node for row in found} == {"server-a"}
    assert {row.part for row in found} == {"room", "relay"}
    assert north.clinic.standing.status(north.clinic.store.now()) is Status.OK
    assert north.clinic.standing.parts == [Part.ROOM, Part.RELAY, Part.DATABASE]
    assert north.clinic.standing.shares == {Part.ROOM: 1.0, Part.RELAY: 1.0}


async def test_what_fails_once_is_looked_at_again_before_anybody_hears_of_it(
    north: House, relay: Relay
) -> None:
    looks = [Reason.SILENT, None]

    async def look() -> Sequence[Found]:
        relay.reason = looks.pop(0)
        return await relay.look()

    await Watch(north.clinic, "server-a", [look], Terms()).look()

    assert looks == []
    assert north.clinic.standing.troubles == {}
    assert await letters(north) == []


async def test_the_database_s_own_rows_follow_with_the_next_look(
    north: House, relay: Relay, clock: Clock
) -> None:
    looking = watch(north, relay)
    await looking.look()
    clock.go(seconds=60)
    await looking.look()

    assert {row.part for row in await rows(north, Check)} == {"room", "relay", "database"}


async def test_one_letter_when_it_begins_and_one_when_it_has_ended(
    north: House, relay: Relay, clock: Clock
) -> None:
    looking = watch(north, relay)
    relay.reason = Reason.SILENT
    for _ in range(5):
        await looking.look()
        clock.go(seconds=60)
    ((kind, text),) = await letters(north)
    assert kind == "trouble"
    assert "turn:192.0.2.1:3478" in text
    assert "`housecall doctor` says which" in text.replace("\n", " ")
    assert "server-a" in text
    assert "https://north.example/status" in text

    relay.reason = None
    for _ in range(int(CALM.total_seconds() / 60) + 3):
        await looking.look()
        clock.go(seconds=60)

    assert [kind for kind, _ in await letters(north)] == ["trouble", "well"]
    (incident,) = await rows(north, Incident)
    assert (incident.node, incident.part, incident.told, incident.end_told) == (
        "server-a", "relay", True, True,
    )  # fmt: skip


async def test_what_comes_and_goes_is_told_once(north: House, relay: Relay, clock: Clock) -> None:
    looking = watch(north, relay)
    for reason in (Reason.SILENT, None) * 4:
        relay.reason = reason
        await looking.look()
        clock.go(seconds=60)

    assert [kind for kind, _ in await letters(north)] == ["trouble"]


async def test_another_start_knows_what_was_open(north: House, relay: Relay, clock: Clock) -> None:
    relay.reason = Reason.SILENT
    await watch(north, relay).look()
    north.clinic.standing.incidents.clear()
    clock.go(seconds=60)

    await watch(north, relay).look()

    assert [kind for kind, _ in await letters(north)] == ["trouble"]
    assert len(await rows(north, Incident)) == 1


async def test_the_configured_address_is_written_to_instead(north: House, relay: Relay) -> None:
    relay.reason = Reason.SILENT
    await watch(north, relay, address="admin@ops.example").look()

    workspace = await oldest(north.clinic)
    assert workspace is not None
    async with north.clinic.store.reading(workspace.id) as tx:
        query = select(Mail).where(Mail.kind == "trouble")
        (mail,) = (await tx.session.scalars(query)).all()
    assert mail.subject_kind == "system"
    opened = north.clinic.keyring.open(mail.sealed or b"", place(mail.id))
    assert b"To: admin@ops.example" in opened


async def test_a_database_that_is_away_is_found_and_its_rows_come_later(
    north: House, relay: Relay, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = watch(north, relay)
    await looking.look()
    clock.go(seconds=60)

    async def away(*_: object) -> None:
        raise Unavailable("the database does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(checks, "keep", away)
        await looking.look()
    standing = north.clinic.standing
    assert standing.status(clock.now) is Status.DEGRADED
    assert standing.troubles[Part.DATABASE].reason is Reason.SILENT
    assert len(await rows(north, Check)) == 2

    clock.go(seconds=60)
    await looking.look()

    assert standing.status(clock.now) is Status.OK
    found = sorted(await rows(north, Check), key=lambda row: row.at)
    assert [row.reason for row in found if row.part == "database"] == [None, "silent"]
    assert len({row.at for row in found}) == 3
    well_at = clock.now

    clock.go(seconds=60)
    await looking.look()

    (incident,) = await rows(north, Incident)  # which says so with the next look
    assert (incident.part, incident.well_at) == ("database", well_at)


async def test_rows_are_kept_for_as_long_as_is_said(
    north: House, relay: Relay, clock: Clock
) -> None:
    looking = watch(north, relay, kept_for=timedelta(days=3))
    for _ in range(5):
        await looking.look()
        clock.go(days=1)
    await looking.look()

    found = await rows(north, Check)
    assert min(row.at for row in found) >= clock.now - timedelta(days=3)


async def test_looks_are_in_no_log_of_a_clinic(north: House, relay: Relay) -> None:
    workspace = await oldest(north.clinic)
    assert workspace is not None

    async def count() -> int:
        async with north.clinic.store.reading(workspace.id) as tx:
            return len((await tx.session.scalars(select(AuditEntry))).all())

    before = await count()
    await watch(north, relay).look()

    assert await count() == before


async def test_nobody_knows_how_things_stand_after_a_while(
    north: House, relay: Relay, clock: Clock
) -> None:
    assert north.clinic.standing.status(clock.now) is Status.UNKNOWN
    await watch(north, relay).look()
    clock.go(seconds=149)
    assert north.clinic.standing.status(clock.now) is Status.OK
    clock.go(seconds=2)
    assert north.clinic.standing.status(clock.now) is Status.UNKNOWN


async def test_everybody_may_ask_and_hears_of_nobody(north: House, relay: Relay) -> None:
    relay.reason = Reason.SILENT
    await watch(north, relay).look()

    stranger = await north.person("sam")
    said = await stranger.ask("GET", "/status", status=200)

    assert said["status"] == "degraded"
    down = [part for part in said["parts"] if not part["well"]]
    assert [(part["part"], part["reason"]) for part in down] == [("relay", "silent")]
    assert "housecall doctor" in down[0]["sentence"]
    assert "192.0.2.1" not in stranger.last.text
    assert "Clinic" not in stranger.last.text


def test_a_server_has_one_name(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert folder.server_name() == folder.server_name()
