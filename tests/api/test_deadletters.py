import json
from pathlib import Path

import pytest

from api import deadletters
from api.deadletters import NAME, DeadLetters
from signaling.webhooks import Dead

DEAD = Dead("room_started", "EV_1", 7, "RM_1", "", "", "https://a.example/hook", 3, "status 404")


def test_each_is_a_line(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path)
    letters.bury(DEAD)
    letters.bury(DEAD)

    lines = (tmp_path / NAME).read_text().splitlines()
    assert len(lines) == 2
    assert json.loads(lines[0])["reason"] == "status 404"


def test_a_long_file_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadletters, "LARGEST", 1)
    letters = DeadLetters(tmp_path)
    for _ in range(3):
        letters.bury(DEAD)

    assert len((tmp_path / NAME).read_text().splitlines()) == 1
    assert len((tmp_path / f"{NAME}.1").read_text().splitlines()) == 1


def test_a_folder_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    DeadLetters(tmp_path / "missing").bury(DEAD)
