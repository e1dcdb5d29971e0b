"""The buffers of UDP sockets, as large as the system lets them be."""

import socket
import sys
from collections.abc import Iterator

import pytest

from sfu.aio import buffers
from sfu.aio.buffers import BUFFER, SO_RCVBUFFORCE, enlarge, receive_buffer
from sfu.aio.listening import bind_udp

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other options elsewhere")


class Strict(socket.socket):
    """Of a system that gives no more than `most` bytes, whoever asks."""

    most = 200 << 10
    tried: list[int]

    def setsockopt(self, *arguments: object) -> None:
        _, option, size = arguments
        assert isinstance(option, int)
        assert isinstance(size, int)
        self.tried = [*getattr(self, "tried", []), option]
        if option in (32, 33):
            raise PermissionError("only for CAP_NET_ADMIN")
        super().setsockopt(socket.SOL_SOCKET, option, min(size, self.most))


@pytest.fixture(autouse=True)
def untold() -> Iterator[None]:
    buffers.tell_small.cache_clear()
    yield
    buffers.tell_small.cache_clear()


@pytest.fixture
def strict() -> Iterator[Strict]:
    with Strict(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        yield sock


@LINUX
def test_four_megabytes_are_asked_for_past_the_limit_and_within_it(strict: Strict) -> None:
    enlarge(strict)

    assert BUFFER == 4 << 20
    assert strict.tried[:2] == [SO_RCVBUFFORCE, socket.SO_RCVBUF]
    assert receive_buffer(strict) == Strict.most


@LINUX
def test_a_small_buffer_is_told_once_with_what_to_do(
    strict: Strict, caplog: pytest.LogCaptureFixture
) -> None:
    enlarge(strict)
    enlarge(strict)

    assert caplog.text.count("sysctl -w net.core.rmem_max=4194304") == 1
    assert "200 KiB" in caplog.text


def test_nothing_is_told_of_one_that_is_large_enough(caplog: pytest.LogCaptureFixture) -> None:
    sock = bind_udp("127.0.0.1", 0)
    size = receive_buffer(sock)
    sock.close()

    assert (size >= BUFFER) == (caplog.text == "")
