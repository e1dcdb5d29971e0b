"""A simulated call around a `Plane`: publishers and subscribers in simulated time.

Packets say who they are in their payload, so that a subscriber can check what it got against what
was published. With `sealed=True` all of it goes through real SRTP.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sfu import extensions, rtcp, rtp
from sfu.client import Protection
from sfu.commands import AddPublication, AddSubscription
from sfu.config import PlaneConfig
from sfu.events import Event
from sfu.media import Codec, Encoding, Kind
from sfu.path import TCP, Path, key
from sfu.plane import Plane
from sfu.ring import BLOCK, RECEIVE_MAX, Batch, Ring
from sfu.sealing import Sealer
from sfu.sealing.public import PublicSealer
from sfu.transport.protection import Protection as Srtp

UP = {extensions.MID: 4, extensions.TRANSPORT_CC: 3, extensions.AUDIO_LEVEL: 1}
DOWN = {extensions.MID: 9, extensions.TRANSPORT_CC: 5, extensions.ABS_SEND_TIME: 2}
GCM = b"SRTP_AEAD_AES_128_GCM"


def fill(ring: Ring, items: Sequence[tuple[Path, bytes]], now: float) -> Batch:
    """As many of the datagrams as can land at once; all of them came by one socket."""
    batch = Batch(items[0][0][0])
    for path, data in items[:BLOCK]:
        ring.row(batch.count)[: len(data)] = data[:RECEIVE_MAX]
        batch.add(len(data), key(path), now)
    return batch


class Plain:
    """Sealing that does nothing."""

    def protect(self, packet: bytes) -> bytes | None:
        return packet

    unprotect = protect_rtcp = unprotect_rtcp = protect


@dataclass(slots=True)
class SimEndpoint:
    protection: Protection | None
    send_path: Path | None


@dataclass(slots=True)
class Got:
    """A packet as a subscriber sees it, retransmissions unwrapped."""

    sequence: int
    timestamp: int
    marker: bool
    payload_type: int
    payload: bytes
    extensions: dict[int, bytes]
    is_rtx: bool
    time: float


@dataclass(slots=True)
class Person:
    """One client's end."""

    name: str
    path: Path
    endpoint: SimEndpoint
    own: Protection  # its side of the keys
    got: dict[int, list[Got]] = field(default_factory=dict)  # by media SSRC
    control: list[rtcp.Packet] = field(default_factory=list)
    rtx: dict[int, int] = field(default_factory=dict)  # RTX SSRC -> media SSRC
    refused: int = 0
    numbers: list[int] = field(default_factory=list)  # transport-wide


Paths = Callable[[int], Path]  # of the client of this number


def by_ipv4(number: int) -> Path:
    return 0, ("192.0.2.1", 5000 + number)


def by_all_ways(number: int) -> Path:
    """Every third has another one: IPv4, IPv6, TCP."""
    ways: list[Path] = [
        by_ipv4(number),
        (1, ("2001:db8::1", 5000 + number, 0, 0)),
        (TCP, ("192.0.2.2", 5000, number)),
    ]
    return ways[number % 3]


class Call:
    """`send` what publishers send, `run` the time; look into each person's `got`."""

    def __init__(
        self, seed: int = 1, *, sealed: bool = False,
        sealer: Callable[[Ring], Sealer] = PublicSealer, paths: Paths = by_ipv4,
    ) -> None:  # fmt: skip
        self.random = Random(seed)
        self._paths = paths
        self.ring = Ring()
        self.plane = Plane(
            self.ring,
            randbytes=self.random.randbytes,
            config=PlaneConfig(),
            sealer=sealer(self.ring),
        )
        self.now = 100.0
        self.people: dict[Path, Person] = {}
        self.events: list[Event] = []
        self.sealed = sealed
        self.lose: Callable[[Person, bytes], bool] = lambda person, data: False  # towards clients
        self.ring.tick(self.now)

    def join(self, name: str, *, ready: bool = True, up: dict[str, int] = UP) -> Person:
        path = self._paths(len(self.people))
        ours, own = self._keys()
        person = Person(name, path, SimEndpoint(ours if ready else None, path), own)
        self.people[path] = person
        self.plane.add_client(f"{name}/0", name, person.endpoint, room="RM")
        self.plane.bind(path, f"{name}/0")
        self.plane.set_extensions(f"{name}/0", up)
        return person

    def _keys(self) -> tuple[Protection, Protection]:
        if not self.sealed:
            return Plain(), Plain()
        one, other = self.random.randbytes(28), self.random.randbytes(28)
        return Srtp(GCM, one, other), Srtp(GCM, other, one)

    def publish(
        self, person: Person, track: str, kind: Kind, codecs: list[Codec],
        encodings: list[Encoding], mid: str = "0", *, muted: bool = False, encrypted: bool = False,
        screen: bool = False,
    ) -> None:  # fmt: skip
        self.plane.add_publication(
            AddPublication(
                f"{person.name}/0", person.name, track, mid, kind, codecs, encodings,
                muted=muted, is_encrypted=encrypted, is_screen=screen,
            ),
            self.now,
        )  # fmt: skip

    def subscribe(
        self, person: Person, track: str, ssrc: int, codecs: list[Codec], *, rtx_ssrc: int = 0,
        extensions: dict[str, int] = DOWN, quality: int = 2, disabled: bool = False,
        **rest: Any,
    ) -> None:  # fmt: skip
        if rtx_ssrc:
            person.rtx[rtx_ssrc] = ssrc
        self.plane.add_subscription(
            AddSubscription(
                f"{person.name}/0", person.name, track, f"m{ssrc}", codecs, ssrc, rtx_ssrc,
                f"PA|{track}", extensions, disabled, quality, **rest,
            ),
            self.now,
        )  # fmt: skip
        self.flush()

    def send(self, person: Person, packets: Iterable[bytes]) -> list[int]:
        """RTP or RTCP from a client, in one batch."""
        sealed = []
        for packet in packets:
            is_control = len(packet) > 1 and 192 <= packet[1] <= 223
            data = person.own.protect_rtcp(packet) if is_control else person.own.protect(packet)
            assert data is not None
            sealed.append(data)
        return self.receive(sealed, person.path)

    def receive(self, datagrams: Iterable[bytes], path: Path) -> list[int]:
        """Datagrams as they are; the positions of those that are not media."""
        return self.receive_all((path, data) for data in datagrams)

    def deliver(self, items: Iterable[tuple[Person, bytes]]) -> list[int]:
        """Datagrams of several people in one batch; the positions of those that are not media."""
        return self.receive_all((person.path, data) for person, data in items)

    def receive_all(self, items: Iterable[tuple[Path, bytes]]) -> list[int]:
        """As the sockets would: a batch ends where its block of the ring does."""
        by_socket: dict[int, list[tuple[int, tuple[Path, bytes]]]] = {}
        for position, item in enumerate(items):
            by_socket.setdefault(item[0][0], []).append((position, item))
        slow = []
        for number, waiting in by_socket.items():
            while waiting:
                most = 1 if number == TCP else len(waiting)
                batch = fill(self.ring, [item for _, item in waiting[:most]], self.now)
                slow += [waiting[at][0] for at in self.plane.forward(batch, self.now)]
                del waiting[: batch.count]
        self.flush()
        return sorted(slow)

    def run(self, seconds: float) -> None:
        """Let time pass; handle what is due on the way."""
        end = self.now + seconds
        while (at := self.plane.next_timeout()) is not None and at <= end:
            self.now = max(self.now, at)
            self.plane.handle_timeout(self.now)
            self.flush()
        self.now = end

    def flush(self) -> None:
        for data, path in self.plane.take_transmits():
            person = self.people[path]
            if not self.lose(person, data):
                self._arrive(person, data)
        self.events += self.plane.take_events()

    def _arrive(self, person: Person, data: bytes) -> None:
        if 192 <= data[1] <= 223:
            control = person.own.unprotect_rtcp(data)
            assert control is not None
            person.control += rtcp.parse(control)
            return
        plain = person.own.unprotect(data)
        if plain is None:
            person.refused += 1
            return
        self._take(person, plain)

    def _take(self, person: Person, plain: bytes) -> None:
        header = rtp.Header()
        assert header.read(plain, len(plain))
        places = extensions.locate(plain, header.profile, header.extension, header.extension_end)
        values = {number: plain[at : at + size] for number, (at, size) in places.items()}
        if DOWN[extensions.TRANSPORT_CC] in values:
            person.numbers.append(int.from_bytes(values[DOWN[extensions.TRANSPORT_CC]], "big"))
        payload, ssrc, sequence = plain[header.payload : header.end], header.ssrc, header.sequence
        is_rtx = ssrc in person.rtx
        if is_rtx:
            ssrc, sequence = person.rtx[ssrc], int.from_bytes(payload[:2], "big")
            payload = payload[2:]
        got = Got(
            sequence, header.timestamp, header.marker, header.payload_type, payload, values,
            is_rtx, self.now,
        )  # fmt: skip
        person.got.setdefault(ssrc, []).append(got)

    def pli_count(self, person: Person, ssrc: int) -> int:
        return sum(isinstance(p, rtcp.Pli) and p.media == ssrc for p in person.control)
