"""What two people in Chromium notice of an accident: how long it takes until all is well again.

Each run takes two fresh tabs of one Chromium and a fresh room; servers take turns. Beside the
accidents of livekit-client's `simulateScenario`: layers that nobody watches stop and start again
(dynacast), and somebody begins to speak.
"""

import os
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.browser import PAGE, Stage, stage
from bench.report import Report, compare
from bench.servers import Contender, gathered, parser
from tests.browser.tab import Tab

LOW, HIGH = 0, 2  # livekit.VideoQuality
TOP = "f"  # rid of the highest layer
SETTLE = 2.0  # seconds before each measurement, so that none disturbs the next one
BEFORE = 1000.0  # milliseconds before an accident from which on pictures are looked at
ACCIDENTS = {  # by the name in the tables
    "signal drop": "signal-reconnect",
    "resume": "resume-reconnect",
    "full reconnect": "full-reconnect",
    "migration": "migration",
    "disconnect on resume": "disconnect-signal-on-resume",
}
PARTS = SPEAKER, DYNACAST, ALL_ACCIDENTS = "speaker", "dynacast", "accidents"
Values = dict[str, float]  # milliseconds by metric


def measure(
    stage: Stage, contender: Contender, parts: Sequence[str], accidents: Sequence[str]
) -> Values:
    """One run: ann has accidents while she and ben look at each other."""
    room = f"bench-{uuid.uuid4().hex[:10]}"
    values: Values = {}
    with stage.open() as ann, stage.open() as ben:
        time.sleep(SETTLE)  # a new window keeps Chromium itself busy for a second
        for tab, identity in ((ann, "ann"), (ben, "ben")):
            tab.call("join", contender.server.url, contender.server.token(identity, room))
            tab.call("publish")
        for tab, other in ((ann, "ben"), (ben, "ann")):
            tab.call("seen", other, 0, 0)
        if SPEAKER in parts:
            values |= _speaks(ann, ben)
        if DYNACAST in parts:
            values |= _dynacast(ann, ben)
        for name in accidents if ALL_ACCIDENTS in parts else ():
            time.sleep(SETTLE)
            values |= _accident(ann, ben, name)
        for tab in (ben, ann):
            tab.call("leave")
    return values


def _accident(ann: Tab, ben: Tab, name: str) -> Values:
    times = ann.call("recover", ACCIDENTS[name])
    began, over = times["began"], times["over"]
    since = began - BEFORE
    hers, his = ann.call("seen", "ben", since, over), ben.call("seen", "ann", since, over)
    return {
        f"{name}: sees again": first_after(hers, over) - began,
        f"{name}: is seen again": first_after(his, over) - began,
        f"{name}: livekit-client is back": over - began,
        f"{name}: longest without a picture": longest_gap(hers),
        f"{name}: longest that the other is without": longest_gap(his),
    }


def _dynacast(ann: Tab, ben: Tab) -> Values:
    ann.call("watch")
    ann.call("flows", TOP, 0)
    time.sleep(SETTLE)
    lowered = ben.call("want", "ann", LOW)
    stopped = ann.call("stops", TOP)
    time.sleep(SETTLE)
    raised = ben.call("want", "ann", HIGH)
    flowed = ann.call("flows", TOP, raised)
    return {
        "dynacast: an unused layer stops": stopped - lowered,
        "dynacast: it flows again": flowed - raised,
    }


def _speaks(ann: Tab, ben: Tab) -> Values:
    ann.call("publishSilence")
    time.sleep(SETTLE)
    began = ann.call("speak")
    return {"first active speaker": ben.call("speaks", "ann") - began}


def first_after(times: Sequence[float], moment: float) -> float:
    return next(at for at in times if at > moment)


def longest_gap(times: Sequence[float]) -> float:
    return max((after - before for before, after in pairwise(times)), default=0.0)


def run(
    stage: Stage, contenders: Sequence[Contender], runs: int, parts: Sequence[str],
    accidents: Sequence[str], report: Report,
) -> None:  # fmt: skip
    found: dict[str, dict[str, list[float]]] = {}
    for number in range(runs):
        for contender in contenders[:: 1 if number % 2 else -1]:
            values = measure(stage, contender, parts, accidents)
            for name, value in values.items():
                found.setdefault(name, {}).setdefault(contender.name, []).append(value)
            rounded: dict[str, Any] = {name: round(value, 1) for name, value in values.items()}
            load = round(os.getloadavg()[0], 2)
            report.emit(server=contender.name, run=number, load=load, milliseconds=rounded)
    names = [contender.name for contender in contenders]
    compare(report, found, names, unit="ms", title="Chromium")


def main(arguments: Sequence[str]) -> None:
    options = parser(__doc__ or "")
    options.add_argument("--runs", type=int, default=5, help="of each server (5)")
    options.add_argument("--accident", action="append", choices=ACCIDENTS, help="only this one")
    options.add_argument("--part", action="append", choices=PARTS, help="only this one")
    given = options.parse_args(arguments)
    report = Report("recovery", given.out)
    report.machine()
    with (
        tempfile.TemporaryDirectory() as folder,
        gathered(given) as contenders,
        stage(Path(folder), PAGE / "recovery" / "main.ts") as opened,
    ):
        accidents = given.accident or list(ACCIDENTS)
        run(opened, contenders, given.runs, given.part or PARTS, accidents, report)


if __name__ == "__main__":
    main(sys.argv[1:])
