"""What is kept is made once and read by its owner alone."""

from pathlib import Path

import pytest

from api.datafolder import DataFolder, DataFolderError, parse_keys


def test_keys_are_made_once(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path / "data"), DataFolder(tmp_path / "data")

    assert first.api_keys() == second.api_keys()
    assert first.link_key() == second.link_key()


def test_secrets_are_long_enough_and_differ_between_folders(tmp_path: Path) -> None:
    one, two = DataFolder(tmp_path / "a"), DataFolder(tmp_path / "b")
    (secret,) = one.api_keys().values()

    assert len(secret) >= 32
    assert one.api_keys() != two.api_keys()
    assert one.link_key() != two.link_key()


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.api_keys()
    folder.link_key()

    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.path.iterdir()} == {0o600}


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DataFolderError, match="cannot be made"):
        DataFolder(tmp_path / "file" / "data")


@pytest.mark.parametrize("text", ["", "a", "- a", "a: {b: c}", "a: [", "{}"])
def test_a_file_that_holds_no_keys_is_told(text: str) -> None:
    with pytest.raises(DataFolderError):
        parse_keys(text, "keys.yaml")
