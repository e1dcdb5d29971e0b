import socket
from collections.abc import Iterator

import pytest

from api.loadtest import sockets
from turn.aio.mmsg import Calls
from turn.aio.probe import probe


@pytest.fixture(scope="module")
def calls() -> Calls:
    return probe()[0]


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    """(a server's end, ours) of two connections."""
    made = []
    for _ in range(2):
        far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        far.bind(("127.0.0.1", 0))
        far.settimeout(5)
        near = sockets.connect("127.0.0.1", far.getsockname()[1])
        far.connect(near.getsockname())
        made.append((far, near))
    yield made
    for far, near in made:
        far.close()
        near.close()
