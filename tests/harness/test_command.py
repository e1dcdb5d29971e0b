"""That a test of a command which never ends says where it stands."""

import sys

import pytest

from tests.harness.command import run


def test_a_command_that_stands_tells_where() -> None:
    program = "import time\ndef wait_for_nobody():\n    time.sleep(60)\nwait_for_nobody()"

    with pytest.raises(AssertionError, match="wait_for_nobody"):
        run([sys.executable, "-c", program], timeout=2)


def test_what_it_says_comes_back() -> None:
    done = run([sys.executable, "-c", "import sys; print('out'); sys.exit('err')"])

    assert (done.returncode, done.stdout, done.stderr) == (1, "out\n", "err\n")
