"""A backup of a clinic, and a clinic of a backup."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from api.backup import databases, sealing
from api.backup.errors import BackupError
from api.backup.making import Wanted, make
from api.backup.restoring import Wanted as Asked
from api.backup.restoring import restore
from api.clinic.caller import Caller, Visit
from api.clinic.folders import add, keep, place, vault_of
from api.clinic.letters import Sender
from api.clinic.passwords import Passwords
from api.clinical import open_clinic, prepare
from api.datafolder import DataFolder, DataFolderError
from api.files.examining import Examined
from api.operator import verify
from api.rest.v1.app import make_api
from api.rules.auditing import ActorKind
from api.rules.contents import MediaType
from api.settings import Settings
from api.store.engine import make_engine, sqlite_url
from api.store.migrate import migrate
from api.store.models import Patient, PatientFile
from tests.api.conftest import CHEAP
from tests.api.house import House
from tests.api.pictures import pdf
from tests.api.records import send
from tests.harness.postgres import APP, OWNER, Postgres, binaries

NOON = datetime(2027, 3, 4, 12, tzinfo=UTC)
STAMP = "20270304T120000Z"
PASSPHRASE = "four lamps beside one river"
READER = "housecall_reader"
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "COST", 16)


def settings_of(folder: Path, **clinic: str) -> Settings:
    return Settings.model_validate({"data": folder, "clinic": clinic})


def with_clinic(settings: Settings) -> None:
    """A clinic with an owner who is signed in, a patient with a file, and a letter that waits."""

    async def main() -> None:
        clinic, anchors = open_clinic(settings)
        clinic.passwords = Passwords(CHEAP)
        clinic.mail.sender = Sender("no-reply@north.example")
        await prepare(clinic.store, settings)
        async with House(clinic, make_api(clinic, "https://north.example/")) as house:
            await house.set_up("clinic")
            patient = {"name": "Pat Moss", "email": "pat@home.example"}
            made = await house.owner.ask("POST", "/patients", patient, 201)
            await house.owner.ask("POST", f"/patients/{made['id']}/links", {"mail": True}, 201)
            await send(house.owner, made["id"], pdf())
        anchors.save()
        await clinic.store.close()

    asyncio.run(main())


@pytest.fixture
def north(tmp_path: Path) -> Settings:
    settings = settings_of(tmp_path / "north")
    DataFolder(settings.data).api_keys()
    DataFolder(settings.data).link_key()
    with_clinic(settings)
    return settings


def back_up(settings: Settings, target: Path, passphrase: str | None = None) -> list[str]:
    return list(make(settings, Wanted(target, passphrase), NOON))


def put_back(settings: Settings, source: Path, **asked: object) -> list[str]:
    return list(restore(settings, Asked(source, **asked), NOON))  # type: ignore[arg-type]


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    async def main() -> list[tuple[Any, ...]]:
        clinic, _ = open_clinic(settings)
        (workspace,) = await clinic.workspaces()
        async with clinic.store.reading(workspace.id) as tx:
            connection = await tx.session.connection()
            found = [tuple(row) for row in await connection.execute(sa.text(query))]
        await clinic.store.close()
        return found

    return asyncio.run(main())


def contents(settings: Settings) -> list[bytes]:
    """Of the files of patients, as they open with the keys that are there."""

    async def main() -> list[bytes]:
        clinic, _ = open_clinic(settings)
        (workspace,) = await clinic.workspaces()
        async with clinic.store.reading(workspace.id) as tx:
            found = (await tx.session.scalars(select(PatientFile))).all()
        keys = [(row.id, clinic.keyring.open(row.key, place(row.id))) for row in found]
        vault = vault_of(clinic)
        read = [b"".join(vault.read(workspace.id, id, key)) for id, key in keys]
        await clinic.store.close()
        return read

    return asyncio.run(main())


def check_restored(settings: Settings) -> None:
    assert [is_good for _, is_good in verify(settings)] == [True, True]
    assert rows(settings, "SELECT name FROM patients") == [("Pat Moss",)]
    assert rows(settings, "SELECT count(*) FROM sessions WHERE ended_at IS NULL") == [(0,)]
    assert rows(settings, "SELECT state, reason, sealed FROM outbox") == [
        ("unknown", "restored", None)
    ]
    assert contents(settings) == [pdf()]
    actions = rows(settings, "SELECT action FROM audit_log ORDER BY seq DESC LIMIT 2")
    assert actions == [("backup.restore",), ("backup.make",)]


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_another_machine_goes_on_from_a_backup(
    north: Settings, tmp_path: Path, passphrase: str | None
) -> None:
    path = tmp_path / "one.housecall"
    told = back_up(north, path, passphrase)
    south = settings_of(tmp_path / "south")
    said = put_back(south, path, passphrase=passphrase)

    assert told[0].startswith(f"{path}: SQLite at revision ")
    assert (passphrase is None) == ("not encrypted" in "".join(told))
    assert "1 sessions were ended. 1 letters" in " ".join(said)
    check_restored(south)
    for name in ("keys.yaml", "link.key", "secrets.yaml"):
        assert (south.data / name).read_bytes() == (north.data / name).read_bytes()
    kept = {p.name for p in south.data.iterdir()}
    assert kept >= {"housecall.db", "audit-anchors.json"}
    assert not kept & {".restoring", "restore-unfinished", "housecall.db-wal"}
    assert {p.stat().st_mode & 0o777 for p in south.data.rglob("*") if p.is_file()} == {0o600}


def test_what_is_there_stays_there_unless_it_shall_go(north: Settings, tmp_path: Path) -> None:
    path = tmp_path / "one.housecall"
    back_up(north, path)
    (north.data / "keys.yaml").write_text("new: pair\n")
    before = {p: p.read_bytes() for p in north.data.rglob("*") if p.is_file()}
    with pytest.raises(BackupError, match="not empty"):
        put_back(north, path)
    assert {p: p.read_bytes() for p in before} == before

    said = put_back(north, path, replaces=True)
    aside = north.data / f"before-restore-{STAMP}"
    assert str(aside) in " ".join(said)
    assert (aside / "keys.yaml").read_text() == "new: pair\n"
    assert (aside / "housecall.db").exists()
    assert (north.data / "keys.yaml").read_text() != "new: pair\n"
    check_restored(north)


def test_what_was_put_aside_is_in_no_backup(north: Settings, tmp_path: Path) -> None:
    path = tmp_path / "one.housecall"
    (north.data / "before-restore-x").mkdir()
    (north.data / "before-restore-x" / "big").write_text("x")
    (north.data / "recordings").mkdir()
    (north.data / "recordings" / "one").write_text("y")
    back_up(north, path)
    south = settings_of(tmp_path / "south")
    put_back(south, path)

    assert not (south.data / "before-restore-x").exists()
    assert (south.data / "recordings" / "one").read_text() == "y"


def test_a_running_server_is_not_restored(north: Settings, tmp_path: Path) -> None:
    path = tmp_path / "one.housecall"
    back_up(north, path)
    folder = DataFolder(north.data)
    with folder.held(), folder.held(), pytest.raises(DataFolderError, match="running"):
        put_back(north, path, replaces=True)
    with (
        folder.held(alone=True),
        pytest.raises(DataFolderError, match="being restored"),
        folder.held(),
    ):
        pass


def test_a_server_does_not_start_with_half_of_a_restore(
    north: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "one.housecall"
    back_up(north, path)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("api.backup.restoring.shutil.move", fail)
        with pytest.raises(BackupError, match="No space left"):
            put_back(north, path, replaces=True)
    with pytest.raises(DataFolderError, match="interrupted"), DataFolder(north.data).held():
        pass
    put_back(north, path, replaces=True)
    with DataFolder(north.data).held():
        check_restored(north)


def test_a_damaged_log_is_told_and_taken_only_if_that_is_wanted(
    north: Settings, tmp_path: Path
) -> None:
    database = sqlite3.connect(north.data / "housecall.db")
    with database:
        database.execute("DROP TRIGGER audit_log_keeps")
        database.execute("UPDATE audit_log SET action = 'nothing' WHERE seq = 2")
    database.close()
    path, south = tmp_path / "one.housecall", settings_of(tmp_path / "south")
    back_up(north, path)
    with pytest.raises(BackupError, match="entry 2 has been changed"):
        put_back(south, path)
    assert [p.name for p in south.data.iterdir()] == [".in-use"]

    said = put_back(south, path, takes_damaged=True)
    assert "audit_log of clinic: entry 2 has been changed" in said


def test_a_backup_of_an_older_version_is_brought_up(tmp_path: Path) -> None:
    north, south = (settings_of(tmp_path / name) for name in ("north", "south"))
    folder = DataFolder(north.data)
    folder.secret_keys(lambda: "A" * 43 + "=")

    async def make_old() -> None:
        engine = make_engine(sqlite_url(north.data / "housecall.db"))
        await migrate(engine, target="0003")
        await engine.dispose()

    asyncio.run(make_old())
    path = tmp_path / "one.housecall"
    told = back_up(north, path)  # before the new version's first start
    said = put_back(south, path)

    assert "revision 0003" in told[0]
    assert "from revision 0003 to " in " ".join(said)
    assert databases.revision_of(north.data / "housecall.db") == "0003"


def test_a_backup_of_a_later_version_is_refused(north: Settings, tmp_path: Path) -> None:
    database = sqlite3.connect(north.data / "housecall.db")
    with database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    path = tmp_path / "one.housecall"
    back_up(north, path)
    with pytest.raises(BackupError, match="later version"):
        put_back(settings_of(tmp_path / "south"), path)


def test_keys_that_are_elsewhere_have_to_be_named(north: Settings, tmp_path: Path) -> None:
    path = tmp_path / "one.housecall"
    key_file = tmp_path / "elsewhere.yaml"
    (north.data / "secrets.yaml").rename(key_file)
    named = settings_of(north.data, key_file=str(key_file))
    told = back_up(named, path)
    with pytest.raises(BackupError, match="keys of secrets are not in the backup"):
        put_back(settings_of(tmp_path / "south"), path)

    assert "clinic.key_file" in told[-1]
    put_back(settings_of(tmp_path / "south", key_file=str(key_file)), path)


def test_a_database_elsewhere_is_put_back_there(north: Settings, tmp_path: Path) -> None:
    path, other = tmp_path / "one.housecall", tmp_path / "db" / "clinic.db"
    back_up(north, path)
    other.parent.mkdir()
    other.write_text("something old")
    south = settings_of(tmp_path / "south", database=f"sqlite:///{other}")
    with pytest.raises(BackupError, match="not empty"):
        put_back(south, path)
    put_back(south, path, replaces=True)

    check_restored(south)
    assert not (south.data / "housecall.db").exists()
    assert (south.data / f"before-restore-{STAMP}" / "clinic.db").read_text() == "something old"
    back_up(south, tmp_path / "two.housecall")


def test_nothing_is_written_over_what_is_no_backup(north: Settings, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("dear")
    with pytest.raises(BackupError, match="no backup"):
        back_up(north, letter)
    with pytest.raises(BackupError, match="no folder"):
        back_up(north, tmp_path / "not" / "there")
    with pytest.raises(BackupError, match="no data folder"):
        back_up(settings_of(tmp_path / "nothing"), tmp_path / "one.housecall")

    with pytest.raises(BackupError, match="in the data folder"):
        back_up(north, north.data)
    assert letter.read_text() == "dear"
    path = tmp_path / "one.housecall"
    back_up(north, path)
    back_up(north, path)  # over an older one


def test_a_file_that_was_deleted_while_the_backup_was_made_is_told(
    north: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = databases.copy

    def copy_and_delete(*arguments: Any) -> None:
        copy(*arguments)
        for path in (north.data / "files").rglob("*"):
            if path.is_file():
                path.unlink()

    monkeypatch.setattr(databases, "copy", copy_and_delete)
    back_up(north, tmp_path / "one.housecall")
    there = settings_of(tmp_path / "there")
    said = put_back(there, tmp_path / "one.housecall")

    assert [line for line in said if line.startswith("1 files of patients are not in the backup")]
    assert rows(there, "SELECT count(*) FROM patient_files") == [(0,)]
    assert [is_good for _, is_good in verify(there)] == [True, True]


def test_a_file_that_comes_while_the_backup_is_made_is_in_it_if_its_row_is(
    north: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is copied before the files: no row is without its own."""
    copy = databases.copy

    def add_and_copy(*arguments: Any) -> None:
        asyncio.run(another_file(north))
        copy(*arguments)

    monkeypatch.setattr(databases, "copy", add_and_copy)
    back_up(north, tmp_path / "one.housecall")
    there = settings_of(tmp_path / "there")
    put_back(there, tmp_path / "one.housecall")
    assert contents(there) == [pdf(), b"another"]


async def another_file(settings: Settings) -> None:
    clinic, anchors = open_clinic(settings)
    (workspace,) = await clinic.workspaces()
    kept = await keep(clinic, workspace.id, Examined(MediaType.PDF, b"another"))
    async with clinic.store.writing(workspace.id) as tx:
        patient = (await tx.session.scalars(select(Patient))).one()
        caller = Caller(workspace.id, ActorKind.SYSTEM, patient.id)
        await add(Visit(clinic, tx, caller), patient.id, None, kept)
    anchors.save()
    await clinic.store.close()


def test_in_a_folder_the_newest_are_kept(north: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "20000101T000000Z.housecall").write_text("somebody's")
    for day in range(4):
        now = NOON + timedelta(days=day)
        said = list(make(north, Wanted(folder, keep=2), now))

    names = sorted(p.name for p in folder.iterdir())
    assert names[-2:] == ["20270306T120000Z.housecall", "20270307T120000Z.housecall"]
    assert "20270305T120000Z.housecall was removed" in said[-1]
    assert names[:-2] == ["20000101T000000Z.housecall"]


def test_while_others_write_a_backup_is_of_one_moment(north: Settings, tmp_path: Path) -> None:
    key = DataFolder(north.data).secret_keys(lambda: "")["first"]
    workspace = UUID(rows(north, "SELECT id FROM workspaces")[0][0])
    url = sqlite_url(north.data / "housecall.db").render_as_string(hide_password=False)
    words = [sys.executable, "-m", "tests.api.store.writer", url, key, str(workspace), "first"]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    kept = {process.stdout.readline().strip() for _ in range(5)}
    path, south = tmp_path / "one.housecall", settings_of(tmp_path / "south")
    back_up(north, path)
    still_writes = process.stdout.readline()
    process.kill()
    process.communicate()
    put_back(south, path)

    assert still_writes
    assert [is_good for _, is_good in verify(south)] == [True, True]
    assert kept <= {str(UUID(row[0])) for row in rows(south, "SELECT id FROM patients")}


@pytest.fixture
def pg_north(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Settings]:
    monkeypatch.setenv("PATH", str(binaries()), prepend=":")
    if postgres.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{READER}'") != "1":
        postgres.sql(f"CREATE ROLE {READER} LOGIN BYPASSRLS IN ROLE pg_read_all_data")

    def make_settings(folder: str) -> Settings:
        name = postgres.create()
        return settings_of(
            tmp_path / folder,
            database=postgres.url(APP, name),
            database_owner=postgres.url(OWNER, name),
            database_backup=postgres.url(READER, name),
        )

    return make_settings


def test_postgresql_is_copied_by_its_own_programs(
    pg_north: Callable[[str], Settings], tmp_path: Path
) -> None:
    north, south = pg_north("north"), pg_north("south")
    DataFolder(north.data)
    with_clinic(north)
    path = tmp_path / "one.housecall"
    told = back_up(north, path, PASSPHRASE)
    said = put_back(south, path, passphrase=PASSPHRASE)

    assert "PostgreSQL at revision" in told[0]
    assert "audit_log of clinic: " in " ".join(said)
    check_restored(south)
    with pytest.raises(BackupError, match="has tables already"):
        put_back(south, path, passphrase=PASSPHRASE, replaces=True)
    with pytest.raises(BackupError, match=r"PostgreSQL, and clinic\.database says SQLite"):
        put_back(settings_of(tmp_path / "x"), path, passphrase=PASSPHRASE)
    owner_alone = north.clinic.model_copy(update={"database_backup": north.clinic.database_owner})
    with pytest.raises(BackupError, match="BYPASSRLS"):
        back_up(north.model_copy(update={"clinic": owner_alone}), path)
    nobody = north.clinic.model_copy(update={"database_backup": ""})
    with pytest.raises(BackupError, match=r"clinic\.database_backup is missing"):
        back_up(north.model_copy(update={"clinic": nobody}), path)


def test_without_its_programs_the_way_to_them_is_told(
    pg_north: Callable[[str], Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    north = pg_north("north")
    DataFolder(north.data)
    with_clinic(north)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="pg_dump is missing: install"):
        back_up(north, tmp_path / "one.housecall")
    assert list(tmp_path.glob("*.housecall")) == []


def test_passwords_are_on_no_command_line() -> None:
    from api.backup.postgres import address
    from api.store.engine import parse_url

    url = parse_url("postgresql://reader:pa55@db.example:5433/housecall?ssl=require")

    assert address(url) == "postgresql://reader@db.example:5433/housecall?sslmode=require"
