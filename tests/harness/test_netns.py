"""The harness's own networks do what the tests rely on."""

import socket
import time

import pytest

from tests.harness.netns import Cable
from tests.harness.tunnel import Tunnel
from tests.sim.impair import Conditions


def test_a_datagram_crosses_the_cable_and_none_crosses_a_cut_one(cable: Cable) -> None:
    with cable.near.entered():
        near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        near.bind((Cable.NEAR, 5000))
        near.settimeout(0.3)
    with cable.far.entered():
        far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with near, far:
        far.sendto(b"before", (Cable.NEAR, 5000))
        assert near.recv(100) == b"before"

        cable.cut()
        far.sendto(b"lost", (Cable.NEAR, 5000))
        with pytest.raises(TimeoutError):
            near.recv(100)

        cable.mend()
        far.sendto(b"after", (Cable.NEAR, 5000))
        assert near.recv(100) == b"after"


def test_a_tunnel_delays_and_loses_as_it_is_told() -> None:
    with Tunnel() as tunnel:
        with tunnel.near.entered():
            near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            near.bind((Tunnel.NEAR, 5000))
            near.settimeout(1)
        with tunnel.far.entered():
            far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with near, far:
            tunnel.impair(Conditions(delay=0.1))
            sent = time.monotonic()
            far.sendto(b"late", (Tunnel.NEAR, 5000))
            assert near.recv(100) == b"late"
            assert time.monotonic() - sent >= 0.1

            tunnel.impair(Conditions(loss=1.0))
            near.settimeout(0.3)
            far.sendto(b"lost", (Tunnel.NEAR, 5000))
            with pytest.raises(TimeoutError):
                near.recv(100)
