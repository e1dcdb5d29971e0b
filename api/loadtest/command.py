"""`housecall loadtest`: from options to results on the screen and in files."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from api.loadtest import clips
from api.loadtest.plan import Options
from api.loadtest.plot import draw
from api.loadtest.report import Result, lines, refuse, to_json
from api.loadtest.run import load


def execute(
    options: Options, out: Console, *, ramp: bool, json: Path | None, plot: Path | None
) -> None:
    """Raises LoadTestError; what was measured until then is in the files."""
    results: list[Result] = []
    with watching(out) as progress:
        progress("encoding", 0.0)
        recording = clips.record(options.clip, options.rates, video=not options.audio_only)
    for rooms in steps(options.rooms) if ramp else [options.rooms]:
        with (
            watching(out) as progress,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            result = runner.run(load(replace(options, rooms=rooms), recording, progress))
        refuse(result)
        results.append(result)
        for name, value in lines(result):
            out.print(f"{name:20}{value}")
        out.print()
        if json is not None:
            with json.open("a") as file:
                file.write(to_json(result) + "\n")
        if plot is not None:
            draw(results, plot)


def steps(most: int) -> list[int]:
    """1, 2, 4, ... and the last."""
    powers = [1 << power for power in range(most.bit_length())]
    return [*(step for step in powers if step < most), most]


@contextmanager
def watching(out: Console) -> Iterator[Callable[[str, float], None]]:
    """A bar that starts again with each thing to do."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=out, transient=True, refresh_per_second=2, disable=not out.is_terminal
    ) as progress:
        task = progress.add_task("", total=1.0)

        def show(doing: str, done: float) -> None:
            progress.update(task, description=doing, completed=done)

        yield show
