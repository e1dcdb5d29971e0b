"""What processes cost."""

import os
import socket
import subprocess
import sys

import pytest

from api.loadtest.processes import Family, listening


def test_who_listens_on_a_port_is_found() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()

        assert listening(sock.getsockname()[1]).roots == {os.getpid()}


def test_a_port_of_nobody_is_not() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))

        with pytest.raises(LookupError, match="nobody"):
            listening(sock.getsockname()[1])


def test_children_belong_to_the_family() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    family = Family(frozenset([os.getpid()]))

    try:
        assert family.members() >= {os.getpid(), child.pid}
        assert family.memory().rss > 10_000_000
        assert family.cpu() > 0
    finally:
        child.communicate(b"\n")


def test_a_process_that_has_ended_does_not_exist() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()

    assert not Family(frozenset([child.pid])).exists()
    assert Family(frozenset([os.getpid()])).exists()
