"""A call of two with ourselves, before there is a client: from one socket to another.

Compiled loops are loaded when they are first used, which takes some tenths of a second, and are
made when they are not there yet, which takes ten seconds and more. Nobody should wait for that in a
call.
"""

import logging
import os
import socket
import time
from dataclasses import dataclass
from functools import cache

from sfu.aio.edges import open_edges
from sfu.aio.udp import bind_udp
from sfu.client import Protection as Keys
from sfu.commands import AddPublication, AddSubscription
from sfu.config import PlaneConfig
from sfu.feedback.arrivals import Arrivals
from sfu.media import Codec, Encoding, Kind
from sfu.path import Path
from sfu.plane import Plane
from sfu.ring import Ring
from sfu.rtp import build
from sfu.sealing import trial
from sfu.tables import Clients
from sfu.transport.protection import Protection
from turn import kept

LOOPBACK = "127.0.0.1"
OPUS = Codec("audio/opus", 111, 48000)
PROFILE = b"SRTP_AEAD_AES_128_GCM"
KEYS = bytes(range(28)), bytes(range(28, 56))
SSRC = 1
PACKETS = 40  # two in a row make a layout; then they are taken together
ROUND = 8  # packets at once

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Side:
    """A client's end."""

    protection: Keys | None
    send_path: Path | None


@cache
def rehearse_media() -> int:
    """Once in a process. How many packets came through; nothing of it is kept."""
    warn_of_compiling()
    with bind_udp(LOOPBACK, 0) as ours, bind_udp(LOOPBACK, 0) as theirs:
        found = play(ours, theirs)
    Arrivals(Clients(1)).take(0.0)  # nothing of that call is reported
    kept.complete()
    return found


def warn_of_compiling() -> None:
    """It is the first start of this version, and somebody waits."""
    if not kept.is_complete():
        log.warning("the loops for packets are compiled for this machine, once: some 15 seconds")


def play(ours: socket.socket, theirs: socket.socket) -> int:
    """From their socket through the plane back to them. How many they got."""
    ring = Ring(blocks=2)
    edges = open_edges([ours], ring, lambda number, data: None)
    plane = Plane(
        ring,
        randbytes=os.urandom,
        config=PlaneConfig(),
        sealer=trial.choose(ring),
        egress=edges.egress,
    )
    edges.egress.set_clients(plane.clients)
    path: Path = (0, theirs.getsockname())
    for name in ("speaker", "listener"):
        plane.add_client(name, name, Side(Protection(PROFILE, *KEYS), path))
    plane.bind(path, "speaker")
    now = time.monotonic()
    encodings, ids = [Encoding(0, ssrc=SSRC)], dict[str, int]()
    track = AddPublication("speaker", "speaker", "TR", "0", Kind.AUDIO, [OPUS], encodings)
    plane.add_publication(track, now)
    wish = AddSubscription("listener", "listener", "TR", "0", [OPUS], SSRC, 0, "", ids, False, 0)
    plane.add_subscription(wish, now)
    speaker, got = Protection(PROFILE, *KEYS[::-1]), 0
    for first in range(0, PACKETS, ROUND):
        for number in range(first, first + ROUND):
            packet = build(OPUS.payload_type, number, number * 960, SSRC, bytes(40))
            theirs.sendto(speaker.protect(packet) or b"", ours.getsockname())
        batch = edges.readers[0].read()
        if batch is not None:
            plane.forward(batch, time.monotonic())
        plane.handle_timeout(time.monotonic() + 1)
        got += count(theirs)
    return got


def count(sock: socket.socket) -> int:
    """Datagrams that wait there, which are thrown away."""
    found = 0
    while True:
        try:
            sock.recv(1)
        except BlockingIOError:
            return found
        found += 1


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    rehearse_media()
