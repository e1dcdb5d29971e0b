"""What sockets lose."""

import socket
from pathlib import Path

from api.loadtest import sockets


def test_what_a_full_socket_loses_is_seen() -> None:
    far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    far.bind(("127.0.0.1", 0))
    near = sockets.connect("127.0.0.1", far.getsockname()[1])
    far.connect(near.getsockname())
    port = near.getsockname()[1]
    near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    assert sockets.dropped([port]) == 0

    for _ in range(100):
        far.send(bytes(1000))

    assert sockets.dropped([port]) > 50
    far.close()
    near.close()


def test_drops_are_those_of_our_ports(tmp_path: Path) -> None:
    line = "1: 0100007F:{:04X} 0100007F:1ECA 01 0:0 00:0 0 0 0 99 2 0 {}\n"
    text = "head\n" + line.format(4000, 5) + line.format(4001, 70) + line.format(4002, 900)
    (tmp_path / "udp").write_text(text)

    assert sockets.dropped([4000, 4002], tmp_path) == 905
