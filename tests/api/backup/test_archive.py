"""An archive gives back what was put in, or says what is wrong with it."""

import gzip
import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from api.backup import sealing
from api.backup.archive import FIRST, LAST, Manifest, is_backup, unpack, writing
from api.backup.databases import Kind
from api.backup.errors import BackupError

PASSPHRASE = "four lamps beside one river"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "COST", 16)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    (tmp_path / "keys.yaml").write_text("a: b\n")
    (tmp_path / "big").write_bytes(bytes(range(256)) * 4000)
    return tmp_path


def make(folder: Path, passphrase: str | None = None) -> Path:
    path = folder / "one.housecall"
    manifest = Manifest("0.1.0", "2027-03-04T12:00:00+00:00", Kind.NONE, None)
    with writing(path, manifest, passphrase) as writer:
        for name in ("keys.yaml", "big"):
            writer.put(f"data/{name}", folder / name)
    return path


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_what_was_put_in_comes_out(folder: Path, passphrase: str | None) -> None:
    path = make(folder, passphrase)
    manifest = unpack(path, folder / "out", passphrase)

    assert (folder / "out/data/big").read_bytes() == (folder / "big").read_bytes()
    assert set(manifest.files) == {"data/keys.yaml", "data/big"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert {p.stat().st_mode & 0o777 for p in (folder / "out/data").iterdir()} == {0o600}
    assert is_backup(path)
    assert not is_backup(folder / "keys.yaml")
    assert sorted(p.name for p in folder.iterdir()) == ["big", "keys.yaml", path.name, "out"]


def test_any_tar_opens_one_that_is_not_encrypted(folder: Path) -> None:
    path = make(folder)
    subprocess.run(["tar", "xzf", path, "-C", folder / "out"], check=True)

    assert json.loads((folder / "out" / LAST).read_text())["version"] == "0.1.0"
    assert (folder / "out/data/keys.yaml").read_text() == "a: b\n"


def test_an_encrypted_one_needs_its_passphrase(folder: Path) -> None:
    path = make(folder, PASSPHRASE)
    with pytest.raises(BackupError, match="encrypted"):
        unpack(path, folder / "out", None)
    with pytest.raises(BackupError, match="does not open"):
        unpack(path, folder / "out", "another one, that is wrong")


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_wherever_it_is_cut_off_or_changed_it_is_refused(
    folder: Path, passphrase: str | None
) -> None:
    path = make(folder, passphrase)
    content = path.read_bytes()
    for number, at in enumerate([0, 5, 20, 100, len(content) // 2, len(content) - 20]):
        flipped = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        for kind, damaged in (("cut", content[:at]), ("flipped", flipped)):
            path.write_bytes(damaged)
            inner = folder / "out" / f"{kind}{number}"
            inner.mkdir()
            # Of gzip's own head and foot some bits mean nothing.
            try:
                unpack(path, inner, passphrase)
            except BackupError:
                continue
            assert (inner / "data/big").read_bytes() == (folder / "big").read_bytes()
            assert kind == "flipped"


def tar(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> None:
    with gzip.open(path, "wb") as packed, tarfile.open(fileobj=packed, mode="w") as file:
        for info, content in members:
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))


def member(name: str, content: bytes = b"") -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), content


def link(name: str) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return info, b""


@pytest.mark.parametrize("name", ["/etc/x", "../x", "data/../../x", "data\\..\\x"])
def test_no_member_leads_out_of_the_folder(folder: Path, name: str) -> None:
    path = folder / "bad"
    tar(path, member(FIRST, b'{"format": 1}'), member(name, b"x"))
    with pytest.raises(BackupError, match="leads out"):
        unpack(path, folder / "out", None)
    assert list((folder / "out").iterdir()) == []


def test_no_member_is_a_link(folder: Path) -> None:
    path = folder / "bad"
    tar(path, link("data/x"))
    with pytest.raises(BackupError, match="no plain file"):
        unpack(path, folder / "out", None)


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([member(FIRST, b'{"format": 2}')], "later version"),
        ([member(FIRST, b"x")], "damaged"),
        ([member("data/x", b"x")], "cut off"),
        ([member(LAST, b"{}")], "later version"),
        ([member(LAST, b'{"format": 1, "more": 1}')], "damaged"),
        (
            [member(LAST, b'{"format": 1, "version": "", "made_at": "", "database": "x"}')],
            "damaged",
        ),
        ([member("data/x", b"x"), member("data/x", b"y")], "damaged|cannot be read"),
    ],
)
def test_what_makes_no_sense_is_refused(
    folder: Path, members: list[tuple[tarfile.TarInfo, bytes]], why: str
) -> None:
    tar(folder / "bad", *members)
    with pytest.raises(BackupError, match=why):
        unpack(folder / "bad", folder / "out", None)


def test_something_else_is_no_backup(folder: Path) -> None:
    with pytest.raises(BackupError, match="no backup"):
        unpack(folder / "keys.yaml", folder / "out", None)


def test_one_that_fails_leaves_what_was_there(folder: Path) -> None:
    path = make(folder)
    before = path.read_bytes()
    manifest = Manifest("0.1.0", "", Kind.NONE, None)
    with pytest.raises(BackupError, match="cannot be written"), writing(path, manifest, None) as w:
        w.put("data/x", folder / "not there")

    assert path.read_bytes() == before
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]
