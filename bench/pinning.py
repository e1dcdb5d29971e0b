"""One core for the server, the others for what loads it."""

import os
import shutil
from collections.abc import Sequence


def pin(core: int) -> None:
    """This process and those that it starts from now on."""
    os.sched_setaffinity(0, {core})


def pinned(core: int, line: Sequence[str]) -> list[str]:
    """A command that runs on one core from its first instruction on."""
    taskset = shutil.which("taskset")
    if taskset is None:
        raise FileNotFoundError("taskset is missing: install util-linux")
    return [taskset, "-c", str(core), *line]
