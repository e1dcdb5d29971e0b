"""A call of two with ourselves, before there is a client.

Compiled loops are loaded when they are first used, which takes some tenths of a second, and are
made when they are not there yet, which takes ten seconds and more. Nobody should wait for that in a
call. No datagram leaves: only the system's calls are left out.
"""

import asyncio
import logging
import os
import socket
import time
from dataclasses import dataclass
from functools import cache

from sfu.aio.given import Given
from sfu.aio.native import NativeEgress, NativeReader
from sfu.aio.turn import Turn
from sfu.client import Protection as Keys
from sfu.commands import AddPublication, AddSubscription
from sfu.config import PlaneConfig
from sfu.feedback.arrivals import Arrivals
from sfu.media import Codec, Encoding, Kind
from sfu.path import Path, key
from sfu.plane import Plane
from sfu.ring import Batch, Ring
from sfu.rtcp import Nack
from sfu.rtp import build
from sfu.sealing import trial
from sfu.tables import Clients
from sfu.transport.protection import Protection
from turn import kept
from turn.aio.mmsg import Calls
from turn.aio.rehearsal import rehearse_relay

SPEAKER: Path = (0, ("192.0.2.1", 9))  # for documentation (RFC 5737)
LISTENER: Path = (0, ("192.0.2.2", 9))
OPUS = Codec("audio/opus", 111, 48000, rtx=112)
PROFILE = b"SRTP_AEAD_AES_128_GCM"
KEYS = bytes(range(28)), bytes(range(28, 56))
SSRC, RTX_SSRC = 1, 2
PACKETS = 40  # two in a row make a layout; then they are taken together
ROUND = 8  # packets at once


@dataclass(frozen=True)
class Side:
    """A client's end."""

    protection: Keys | None
    send_path: Path | None


def take_all(file: int, messages: int, count: int) -> int:
    """Instead of the system: all messages have left."""
    return count


def have_none(file: int, messages: int, count: int) -> int:
    return 0


CALLS = Calls(have_none, take_all, lambda: -1, lambda timer, value: 0)


@cache
def rehearse_media() -> int:
    """Once in a process. How many packets would have left; nothing of it is kept."""
    kept.announce()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        found = play(sock)
    Arrivals(Clients(1)).take(0.0)  # nothing of that call is reported
    kept.complete()
    return found


def play(sock: socket.socket) -> int:
    """From the ring through the plane to the messages. How many packets they hold."""
    ring = Ring(blocks=2)
    egress = NativeEgress([sock], lambda number, data: None, CALLS, segments=True)
    plane = Plane(
        ring,
        randbytes=os.urandom,
        config=PlaneConfig(),
        sealer=trial.choose(ring),
        egress=egress,
    )
    egress.set_clients(plane.clients)
    now = time.monotonic()
    begin_call(plane, now)
    speaker, batch = Protection(PROFILE, *KEYS[::-1]), Batch()
    for first in range(0, PACKETS, ROUND):
        batch.start()
        for number in range(first, first + ROUND):
            packet = build(OPUS.payload_type, number, number * 960, SSRC, bytes(40))
            sealed = speaker.protect(packet) or b""
            ring.row(batch.count)[: len(sealed)] = sealed
            batch.add(len(sealed), key(SPEAKER), now)
        plane.forward(batch, now)
        plane.handle_timeout(now + 1)
    ask_again(plane, ring, now)
    plane.regular.write(plane.regular.desk, 0)
    Turn(NativeReader(0, sock, ring, CALLS), egress, plane, CALLS).read()  # nothing is there
    Given(0, egress, plane, CALLS).take(0)
    return plane.stats.packets_out


def ask_again(plane: Plane, ring: Ring, now: float) -> None:
    """The listener has lost something that is not there any more."""
    asked = bytes(Nack(RTX_SSRC, SSRC, [0]))
    sealed = Protection(PROFILE, *KEYS[::-1]).protect_rtcp(asked) or b""
    batch = Batch()
    batch.start()
    ring.row(0)[: len(sealed)] = sealed
    batch.add(len(sealed), key(LISTENER), now)
    plane.forward(batch, now)


def begin_call(plane: Plane, now: float) -> None:
    """One hears the other."""
    for name, path in (("speaker", SPEAKER), ("listener", LISTENER)):
        plane.add_client(name, name, Side(Protection(PROFILE, *KEYS), path))
        plane.bind(path, name)
    encodings, codecs = [Encoding(0, ssrc=SSRC)], [OPUS]
    track = AddPublication("speaker", "speaker", "TR", "0", Kind.AUDIO, codecs, encodings)
    plane.add_publication(track, now)
    hears = AddSubscription("listener", "listener", "TR", "0", codecs, SSRC, RTX_SSRC)
    plane.add_subscription(hears, now)


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    rehearse_media()
    asyncio.run(rehearse_relay())
