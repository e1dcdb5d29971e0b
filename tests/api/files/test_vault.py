"""Files at rest."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from api.files.vault import PIECE, TAG, Vault, VaultError, VaultFull, new_key

HERE, ID = uuid4(), uuid4()
SIZES = [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 5]


@pytest.mark.parametrize("size", SIZES)
def test_what_was_put_there_is_read(tmp_path: Path, size: int) -> None:
    vault, key, content = Vault(tmp_path / "files"), new_key(), b"s" * size
    vault.put(HERE, ID, key, content)

    assert b"".join(vault.read(HERE, ID, key)) == content
    (path,) = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert path.stat().st_mode & 0o777 == 0o600
    assert {p.stat().st_mode & 0o777 for p in tmp_path.rglob("*") if p.is_dir()} == {0o700}
    assert b"ssss" not in path.read_bytes()


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "a bit": lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:],
    "cut off at a piece": lambda data: data[: 4 + PIECE + TAG],
    "cut off in a piece": lambda data: data[:-1],
    "no content": lambda data: data[:4],
    "nothing": lambda data: b"",
    "longer": lambda data: data + data[4:],
    "another version": lambda data: b"hcf\x02" + data[4:],
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_does_not_open(tmp_path: Path, what: str) -> None:
    vault, key = Vault(tmp_path), new_key()
    vault.put(HERE, ID, key, bytes(PIECE + 9))
    path = vault.path(HERE, ID)
    path.write_bytes(CHANGES[what](path.read_bytes()))

    with pytest.raises(VaultError):
        list(vault.read(HERE, ID, key))


def test_no_file_opens_in_another_one_s_place(tmp_path: Path) -> None:
    vault, key, other = Vault(tmp_path), new_key(), uuid4()
    vault.put(HERE, ID, key, b"of one")
    vault.path(HERE, ID).rename(vault.path(HERE, other))

    with pytest.raises(VaultError):
        list(vault.read(HERE, other, key))
    with pytest.raises(VaultError):  # nor where there is none any more
        list(vault.read(HERE, ID, key))


def test_where_nothing_can_be_written_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("no folder")
    vault = Vault(tmp_path / "files")
    with pytest.raises(VaultFull):
        vault.put(HERE, ID, new_key(), b"x")

    good = Vault(tmp_path / "good")
    good.path(HERE, ID).mkdir(parents=True)  # in its place
    with pytest.raises(VaultFull):
        good.put(HERE, ID, new_key(), b"x")
    assert [p for p in good.folder.rglob("*") if p.is_file()] == []
