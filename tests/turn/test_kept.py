"""What was compiled is kept for one version of the sources, where it can be written."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from turn import kept


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Two of them, of which the first cannot be written when it is removed and a file instead."""
    found = [tmp_path / "first", tmp_path / "second"]
    monkeypatch.setattr(kept, "places", lambda: iter(found))
    kept.folder.cache_clear()
    yield found
    kept.folder.cache_clear()


def test_the_first_place_is_taken(places: list[Path]) -> None:
    assert kept.folder() == places[0] / f"{kept.SERVER}{kept.digest()}"


def test_the_second_place_is_taken_when_the_first_cannot_be_written(places: list[Path]) -> None:
    places[0].write_text("in the way")

    assert kept.folder() == places[1] / f"{kept.SERVER}{kept.digest()}"


def test_without_any_place_nothing_is_kept(places: list[Path]) -> None:
    for place in places:
        place.write_text("in the way")

    assert kept.folder() is None
    kept.complete()
    assert not kept.is_complete()


def test_what_other_versions_have_left_is_removed(places: list[Path]) -> None:
    old = places[0] / f"{kept.SERVER}0123"
    old.mkdir(parents=True)
    (old / "something").touch()
    other = places[0] / "module.pyc"
    other.touch()

    kept.folder()

    assert not old.exists()
    assert other.exists()


def test_it_is_complete_when_somebody_has_said_so(places: list[Path]) -> None:
    assert not kept.is_complete()
    kept.complete()
    assert kept.is_complete()


def test_another_line_in_a_source_is_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "turn" / "module.py"
    source.parent.mkdir()
    source.write_text("LIMIT = 1\n")
    monkeypatch.setattr(kept, "HERE", tmp_path)
    kept.digest.cache_clear()
    before = kept.digest()
    source.write_text("LIMIT = 2\n")
    kept.digest.cache_clear()
    after = kept.digest()
    kept.digest.cache_clear()

    assert before != after


def test_a_server_need_not_be_compiled_anew_when_the_load_test_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "api" / "loadtest" / "loops.py"
    source.parent.mkdir(parents=True)
    monkeypatch.setattr(kept, "HERE", tmp_path)
    versions = []
    for line in ("SLOT = 1\n", "SLOT = 2\n"):
        source.write_text(line)
        kept.digest.cache_clear()
        versions.append((kept.digest(kept.SERVER), kept.digest(kept.LOAD_TEST)))
    kept.digest.cache_clear()

    (server, load_test), (server_then, load_test_then) = versions
    assert server == server_then
    assert load_test != load_test_then


def test_whoever_only_starts_media_processes_does_not_load_what_forwards_packets() -> None:
    program = "import sys, api.app, api.cli; print('numba' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], cwd=kept.HERE, capture_output=True)
    assert found.stdout.split() == [b"False"], found.stderr
