"""A command that runs to its end, or tells where it stands."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

PATIENCE = 60.0  # seconds: loading takes two to three, several times that beside browsers


def run(
    line: Sequence[str | Path], folder: Path | None = None, timeout: float = PATIENCE
) -> subprocess.CompletedProcess[str]:
    """Raises AssertionError with the stacks of all its threads when it does not end in time."""
    process = subprocess.Popen(
        line,
        cwd=folder,
        env={**os.environ, "PYTHONFAULTHANDLER": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        out, err = process.communicate()
        raise AssertionError(f"{line} stood after {timeout:g} s:\n{out}{err}") from None
    return subprocess.CompletedProcess(line, process.returncode, out, err)
