"""The least of a node, for tests of the transport."""

from sfu.mux import Mux, PacketClass, classify
from sfu.path import Path, Transmit
from sfu.transport.connection import (
    PathForgotten,
    PathValidated,
    Transport,
    TransportEvent,
    UfragRetired,
)


class Door:
    """The least of a node: a mux and transports behind one port. A `Server` for the wire."""

    def __init__(self) -> None:
        self.mux: Mux[Transport] = Mux()
        self.events: list[TransportEvent] = []
        self.rtp: list[bytes] = []
        self.strangers = 0  # datagrams that belong to nobody
        self._transports: list[Transport] = []

    def add(self, transport: Transport, *ufrags: str) -> None:
        self._transports.append(transport)
        for ufrag in ufrags:
            self.mux.register(ufrag, transport)

    def receive_datagram(self, data: bytes, path: Path, now: float) -> None:
        kind = classify(data)
        if kind is PacketClass.STUN:
            self._receive_stun(data, path, now)
        elif (transport := self.mux.by_path(path)) is None or kind is PacketClass.OTHER:
            self.strangers += 1
        elif kind is PacketClass.DTLS:
            transport.receive_dtls(data, path, now)
        elif transport.protection is not None:
            packet = transport.protection.unprotect(data)
            if packet is not None:
                self.rtp.append(packet)
        self._take_events(now)

    def take_transmits(self) -> list[Transmit]:
        return [t for transport in self._transports for t in transport.take_transmits()]

    def next_timeout(self) -> float | None:
        timers = [transport.next_timeout() for transport in self._transports]
        return min((at for at in timers if at is not None), default=None)

    def handle_timeout(self, now: float) -> None:
        for transport in self._transports:
            transport.handle_timeout(now)
        self._take_events(now)

    def _receive_stun(self, data: bytes, path: Path, now: float) -> None:
        if (found := self.mux.route(data)) is None:
            self.strangers += 1
        else:
            found[1].receive_stun(found[0], data, path, now)

    def _take_events(self, now: float) -> None:
        for transport in self._transports:
            for event in transport.take_events():
                self._follow(transport, event, now)
                self.events.append(event)

    def _follow(self, transport: Transport, event: TransportEvent, now: float) -> None:
        if isinstance(event, PathValidated):
            if not self.mux.bind(event.path, transport, now):
                transport.forget(event.path, now)
        elif isinstance(event, PathForgotten):
            self.mux.unbind(event.path, transport)
        elif isinstance(event, UfragRetired):
            self.mux.retire(event.ufrag)
