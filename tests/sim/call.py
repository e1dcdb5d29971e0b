"""A call for tests of the transport: one client, its transport, and a wire with 10 ms each way."""

import struct
from random import Random

from sfu.media import IceCredentials, Setup
from sfu.path import Path
from sfu.transport.certificate import Certificate
from sfu.transport.connection import Connected, DataReceived, Transport, TransportEvent
from tests.sim.door import Door
from tests.sim.peer import Peer, Settings, describe_to_server
from tests.sim.wire import Loss, Wire, nothing

CERTIFICATE = Certificate()
OURS = IceCredentials("server01", "server-password-0123456789")
THEIRS = IceCredentials("clnt", "client-password-0123456789")
PATH: Path = (0, ("192.0.2.1", 5000))
ELSEWHERE: Path = (0, ("198.51.100.1", 6000))


class Call:
    def __init__(
        self,
        settings: Settings | None = None,
        *,
        setup: Setup = Setup.ACTIVE,
        opens_channels: bool = False,
        up: Loss = nothing,
        down: Loss = nothing,
    ) -> None:
        settings = settings or Settings()
        if setup is Setup.PASSIVE:
            settings.setup = Setup.ACTIVE
        self.setup = setup
        self.peer = Peer(PATH, THEIRS, OURS, settings)
        self.transport = Transport(
            "PA_a/0",
            OURS,
            CERTIFICATE,
            opens_channels=opens_channels,
            randbytes=Random(2).randbytes,
        )
        self.door = Door()
        self.door.add(self.transport, OURS.ufrag)
        self.wire = Wire(self.door, self.peer, up=up, down=down)

    def describe(self, **changes: object) -> "Call":
        command = describe_to_server(self.peer, OURS, self.setup, **changes)  # type: ignore[arg-type]
        self.transport.connect(command, self.wire.now)
        return self

    def join(self) -> "Call":
        self.describe()
        assert self.wire.run_until(lambda: len(self.peer.opened) == 2)
        return self

    def last(self) -> TransportEvent:
        return self.door.events[-1]

    def is_up(self) -> bool:
        return self.peer.is_connected and Connected(PATH) in self.door.events

    def works(self) -> bool:
        """Media and data cross in both directions now."""
        transport, peer = self.transport, self.peer
        number = len(self.door.rtp) + 1
        peer.send_rtp(rtp(number))
        peer.send_data("_reliable", b"up", self.wire.now)
        transport.send_data("_reliable", b"down", self.wire.now)
        before = len(peer.data)
        self.wire.run(0.1)
        has_data = DataReceived("_reliable", b"up") in self.door.events[-3:]
        return has_data and len(peer.data) == before + 1 and self.door.rtp[-1:] == [rtp(number)]


def rtp(sequence: int) -> bytes:
    return struct.pack("!BBHII", 0x80, 96, sequence, 0, 7) + b"payload"
