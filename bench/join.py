"""What a person in Chromium waits for: joining, the first frame, a change of quality.

Each run takes two fresh tabs of one Chromium and a fresh room; servers take turns.
"""

import os
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.browser import Stage, stage
from bench.report import Report, compare
from bench.servers import Contender, gathered, parser
from tests.browser.tab import PageError, Tab

LOW, HIGH = 0, 2  # livekit.VideoQuality
SETTLE = 2.0  # seconds before each measurement, so that none disturbs the next one
OFF = 2000  # milliseconds for which a track is turned off
SHOWN = [  # the table's lines
    "join, empty room",
    "join, room with video",
    "WebSocket to connected, empty room",
    "WebSocket to connected, room with video",
    "first frame after subscription, new track",
    "first frame after subscription, on joining",
    "first frame after connect(), on joining",
    "quality HIGH to LOW",
    "quality LOW to HIGH",
    "track enabled again",
]
ATTEMPTS = 3  # at a run, before the measurement is given up
STEPS = ("open", "message", "remote", "remote set", "peer connected")  # of a join, as marked
Values = dict[str, float]  # milliseconds by metric


def measure(stage: Stage, contender: Contender) -> Values:
    """One run: ann publishes 720p in three layers, ben comes and watches."""
    room = f"bench-{uuid.uuid4().hex[:10]}"
    with stage.open() as ann, stage.open() as ben:
        time.sleep(SETTLE)  # a new window keeps Chromium itself busy for a second
        values = _joined("empty room", _join(ann, contender, "ann", room))
        ann.call("publish", 1280, 720, 30, True)
        time.sleep(SETTLE)
        values |= _joined("room with video", _join(ben, contender, "ben", room))
        values |= _on_joining(ben)
        values |= _new_track(ann, ben)
        values |= _layers(ben)
        values |= _again(ben)
        for tab in (ben, ann):
            tab.call("leave")
    return values


def _join(tab: Tab, contender: Contender, identity: str, room: str) -> Values:
    server = contender.server
    found: Values = tab.call("join", server.url, server.token(identity, room))
    return found


def _joined(which: str, marks: Values) -> Values:
    """The join, its part that the server sees, and every mark from the WebSocket on."""
    values = {
        f"join, {which}": marks["join"],
        f"WebSocket to connected, {which}": marks["join"] - marks["socket"],
    }
    for name, at in marks.items():
        if name in STEPS:
            values[f"WebSocket to {name}, {which}"] = at - marks["socket"]
    return values


def _on_joining(ben: Tab) -> Values:
    frame = ben.call("firstFrame", "ann")
    return {
        "first frame after subscription, on joining": frame["presented"],
        "first frame received after subscription, on joining": frame["received"],
        "first frame after connect(), on joining": frame["joined"],
    }


def _new_track(ann: Tab, ben: Tab) -> Values:
    """Ben's own small camera comes up while ann is in the room."""
    ben.call("publish", 320, 180, 15, False)
    frame = ann.call("firstFrame", "ben")
    return {
        "first frame after subscription, new track": frame["presented"],
        "first frame received after subscription, new track": frame["received"],
    }


def _layers(ben: Tab) -> Values:
    ben.call("waitHeight", "ann", 720)
    time.sleep(SETTLE)
    down = ben.call("switchQuality", "ann", LOW, 180)
    time.sleep(SETTLE)
    up = ben.call("switchQuality", "ann", HIGH, 720)
    time.sleep(SETTLE)
    return {
        "quality HIGH to LOW": down["presented"],
        "quality LOW to HIGH": up["presented"],
    }


def _again(ben: Tab) -> Values:
    again = ben.call("enableAgain", "ann", OFF)
    return {"track enabled again": again["presented"]}


def run(stage: Stage, contenders: Sequence[Contender], runs: int, report: Report) -> None:
    found: dict[str, dict[str, list[float]]] = {}
    for number in range(-1, runs):
        for contender in contenders[:: 1 if number % 2 else -1]:
            values = attempt(stage, contender, number, report)
            if number < 0:
                continue  # the first of a Chromium's life is slower than all others
            _keep(found, contender.name, values)
            load = round(os.getloadavg()[0], 2)
            rounded: dict[str, Any] = {name: _tenths(value) for name, value in values.items()}
            report.emit(server=contender.name, run=number, load=load, milliseconds=rounded)
    names = [contender.name for contender in contenders]
    shown = {name: found[name] for name in SHOWN}
    rest = {name: values for name, values in found.items() if name not in SHOWN}
    compare(report, shown, names, unit="ms", title="Chromium")
    compare(report, rest, names, unit="ms", title="where the time goes")


def attempt(stage: Stage, contender: Contender, number: int, report: Report) -> Values:
    """A run; one that fails is told and done again."""
    for _ in range(ATTEMPTS - 1):
        try:
            return measure(stage, contender)
        except PageError as error:
            report.emit(server=contender.name, run=number, failure=str(error).splitlines()[0])
    return measure(stage, contender)


def _keep(found: dict[str, dict[str, list[float]]], server: str, values: Values) -> None:
    for name, value in values.items():
        if value is not None:
            found.setdefault(name, {}).setdefault(server, []).append(value)


def _tenths(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def main(arguments: Sequence[str]) -> None:
    options = parser(__doc__ or "")
    options.add_argument("--runs", type=int, default=15, help="of each server (15)")
    given = options.parse_args(arguments)
    report = Report("join", given.out)
    report.machine()
    with (
        tempfile.TemporaryDirectory() as folder,
        gathered(given) as contenders,
        stage(Path(folder)) as opened,
    ):
        run(opened, contenders, given.runs, report)


if __name__ == "__main__":
    main(sys.argv[1:])
