"""A run is judged against the stored one."""

import json
from pathlib import Path

import pytest

from bench import baseline
from bench.baseline import Stored, compare, load, save, slower

THEN = Stored("us", median=10.0, q1=9.0, q3=11.0, n=5, speed=1.0)


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "baseline.json"
    monkeypatch.setattr(baseline, "FILE", path)
    return path


def test_a_slower_machine_does_not_make_the_program_slower() -> None:
    assert slower([16.0, 15.0, 17.0], THEN, speed=1.6) == pytest.approx(1.0)
    assert slower([20.0], THEN, speed=1.0) == pytest.approx(2.0)


def test_what_takes_longer_than_the_limit_is_named() -> None:
    found = {"same": {"ours": [10.0]}, "worse": {"ours": [12.0]}, "new": {"ours": [99.0]}}

    assert compare(found, {"same": THEN, "worse": THEN}, 1.0, 1.15) == ["worse"]


def test_a_new_baseline_keeps_what_was_not_measured(file: Path) -> None:
    assert load() == {}
    save({"one": {"ours": [1.0, 2.0, 3.0], "livekit": [9.0]}}, "us", 1.25)
    save({"two": {"ours": [4.0]}}, "us", 1.5)

    assert load() == {
        "one": Stored("us", 2.0, 1.5, 2.5, 3, 1.25),
        "two": Stored("us", 4.0, 4.0, 4.0, 1, 1.5),
    }
    assert list(json.loads(file.read_text())) == ["one", "two"]
