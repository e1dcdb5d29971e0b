"""The load test's loops say the same run by the interpreter, and never leave their arrays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LOOPS = ("test_arrivals.py", "test_histogram.py", "test_inbox.py", "test_incoming.py",
         "test_outgoing.py", "test_probe.py", "test_times.py")  # fmt: skip


@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", ["DISABLE_JIT", "BOUNDSCHECK"])
def test_all_that_loops_promise_holds_however_they_are_run(how: str) -> None:
    line = [sys.executable, "-m", "pytest", "-q", *(str(HERE / name) for name in LOOPS)]
    environment = {**os.environ, f"NUMBA_{how}": "1"}

    done = subprocess.run(line, env=environment, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout
