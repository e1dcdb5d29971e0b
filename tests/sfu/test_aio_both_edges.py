"""The same packets through both pairs of edges, over real sockets: the same bytes come out."""

import ctypes
import dataclasses
import os
import socket
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu import rtcp
from sfu.aio.edges import link, open_edges
from sfu.aio.listening import bind_udp
from sfu.config import PlaneConfig
from sfu.media import Encoding, Kind
from sfu.path import Path
from sfu.plane import Plane
from sfu.sealing import trial
from tests.sim.media import Call, Person
from tests.sim.sources import OPUS_CODEC, VP8_CODEC, Microphone, Vp8Layer, camera
from turn.aio import mmsg
from turn.aio.mmsg import Calls

NAMES = ["alice", "bob", "carol"]
AUDIO, FIRST_LAYER = 5, 10  # SSRCs of every publisher
SUBSCRIBED = 100  # SSRCs of subscriptions


class Wired(Call):
    """A call whose datagrams go through sockets; `heard` has every packet as it was decrypted."""

    def __init__(
        self, stack: ExitStack, seed: int, *, portable: bool, calls: Calls | None = None,
        sockets: int = 1,
    ) -> None:  # fmt: skip
        """People come to one of our sockets after the other."""
        super().__init__(seed, sealed=True)
        self.stack = stack
        self.ours = [stack.enter_context(bind_udp("127.0.0.1", 0)) for _ in range(sockets)]
        edges = open_edges(self.ours, self.ring, lambda *_: None, portable=portable)
        self.plane = Plane(
            self.ring,
            randbytes=self.random.randbytes,
            config=PlaneConfig(),
            sealer=trial.choose(self.ring, portable=portable),
            egress=edges.egress,
        )
        edges.egress.set_clients(self.plane.clients)
        if calls is not None:
            edges.calls = calls
        link(edges, self.plane, lambda: self.now)
        self.egress, self.readers = edges.egress, edges.readers
        self.sockets: dict[Path, socket.socket] = {}
        self.heard: dict[str, list[bytes]] = {}

    def join(self, name: str, **options: Any) -> Person:
        person = super().join(name, **options)
        sock = self.stack.enter_context(bind_udp("127.0.0.1", 0))
        self.plane.unbind(person.path)
        del self.people[person.path]
        number = len(self.sockets) % len(self.ours)
        person.path = person.endpoint.send_path = (number, sock.getsockname())
        self.people[person.path] = person
        self.sockets[person.path] = sock
        self.plane.bind(person.path, f"{name}/0")
        return person

    def receive_all(self, items: Iterable[tuple[Path, bytes]]) -> list[int]:
        for path, data in items:
            self.sockets[path].sendto(data, self.ours[path[0]].getsockname())
        slow, count = [], 0
        for reader in self.readers:
            while True:
                batch = reader.read()
                if batch is not None:
                    batch.arrivals[:] = self.now
                    slow += [count + position for position in self.plane.forward(batch, self.now)]
                count += reader.came
                self.flush()
                if not reader.came:
                    break
        return slow

    def flush(self) -> None:
        for path, sock in self.sockets.items():
            while True:
                try:
                    self._arrive(self.people[path], sock.recv(2000))
                except BlockingIOError:
                    break
        super().flush()

    def _take(self, person: Person, plain: bytes) -> None:
        self.heard.setdefault(person.name, []).append(plain)
        super()._take(person, plain)


class Party:
    """Three people, each with a camera of two layers and a microphone, see and hear each other."""

    def __init__(
        self, stack: ExitStack, seed: int, *, portable: bool, calls: Calls | None = None,
        sockets: int = 1,
    ) -> None:  # fmt: skip
        self.call = call = Wired(stack, seed, portable=portable, calls=calls, sockets=sockets)
        self.people = [call.join(name) for name in NAMES]
        self.layers = [self._publish(person, n) for n, person in enumerate(self.people)]
        self.sounds = [Microphone(AUDIO, level=30) for _ in self.people]
        self.sent: list[tuple[Path, bytes]] = []  # sealed, of the last steps
        for person in self.people:
            for n, other in enumerate(NAMES):
                if other != person.name:
                    ssrc = SUBSCRIBED + 10 * n
                    rtx = ssrc + 1 if n else 0
                    call.subscribe(person, f"{other}/v", ssrc, [VP8_CODEC], rtx_ssrc=rtx)
                    call.subscribe(person, f"{other}/a", ssrc + 2, [OPUS_CODEC])

    def _publish(self, person: Person, number: int) -> list[Vp8Layer]:
        layers = [
            Vp8Layer(FIRST_LAYER + q, q, seed=number * 10 + q, packets=(2, 9)[q]) for q in (0, 1)
        ]
        layers[1].size = 1100
        self.call.publish(person, f"{person.name}/v", Kind.VIDEO, [VP8_CODEC], camera(*layers), "0")
        sound = [Encoding(0, "", AUDIO, 0)]
        self.call.publish(person, f"{person.name}/a", Kind.AUDIO, [OPUS_CODEC], sound, "1")
        return layers

    def frames(self, keys: int, lost: int) -> None:
        """A frame of every layer and a sound of everybody, in one batch.

        Bit n of `keys`: a key frame of person n; every `lost`th packet does not arrive.
        """
        packets = [
            (person, packet)
            for n, person in enumerate(self.people)
            for layer in self.layers[n]
            for packet in layer.make(self.call.now, key=bool(keys >> n & 1))
        ]
        packets += [(person, self.sounds[n].make()) for n, person in enumerate(self.people)]
        sealed = [(person.path, person.own.protect(packet) or b"") for person, packet in packets]
        self.sent = [item for n, item in enumerate(sealed) if not lost or n % (lost + 3)]
        self.call.receive_all(self.sent)

    def repeat(self, first: int, _: int) -> None:
        """What was received comes again, and the last of it forged."""
        again = self.sent[first : first + 7]
        forged = [(path, data[:-1] + bytes([data[-1] ^ 1])) for path, data in again[-1:]]
        self.call.receive_all(again + forged)

    def nack(self, viewer: int, count: int) -> None:
        """Somebody asks again for the last packets."""
        person = self.people[viewer % len(NAMES)]
        for ssrc, got in person.got.items():
            sequences = [packet.sequence for packet in got[-1 - count :]]
            self.call.send(person, [bytes(rtcp.Nack(1, ssrc, sequences))])

    def wait(self, tens: int, _: int) -> None:
        self.call.run(0.01 * (1 + tens * 10))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["frames", "frames", "frames", "repeat", "nack", "wait"]),
        st.integers(0, 7),
        st.integers(0, 7),
    ),
    min_size=1,
    max_size=15,
)


@pytest.mark.skipif(sys.platform != "linux", reason="recvmmsg is Linux's")
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), STEPS, st.integers(1, 3))
def test_subscribers_get_the_same_bytes(
    seed: int, steps: list[tuple[str, int, int]], sockets: int
) -> None:
    results = []
    for portable in (False, True):
        with ExitStack() as stack:
            party = Party(stack, seed, portable=portable, sockets=sockets)
            party.frames(7, 0)  # everything begins
            party.wait(0, 0)
            for step, one, other in steps:
                getattr(party, step)(one, other)
                party.wait(0, 0)
            call = party.call
            assert call.egress.unsent == 0
            assert call.egress.no_path == 0
            # Without RTX a packet is sent again as it was, which who has it refuses.
            refused = [person.refused for person in party.people]
            assert sum(refused) <= call.plane.stats.resent
            results.append((call.heard, refused, call.plane.stats.dropped))

    assert results[0] == results[1]
    assert all(len(results[0][0][name]) > 10 for name in NAMES)


def sending_by(name: str) -> Calls:
    """The system's calls, but for sendmmsg in compiled loops: another function of the C library."""
    library = ctypes.CDLL(None)
    address = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
    assert address is not None
    return dataclasses.replace(mmsg.load(), send_at=address)


@pytest.mark.skipif(sys.platform != "linux", reason="recvmmsg is Linux's")
@pytest.mark.parametrize("sockets", [1, 3])
def test_what_the_system_refuses_is_sent_again_by_python(sockets: int) -> None:
    """fsync fails for a socket, as sendmmsg may."""
    heard = []
    for calls in (mmsg.load(), sending_by("fsync")):
        with ExitStack() as stack:
            party = Party(stack, 1, portable=False, calls=calls, sockets=sockets)
            for step in range(20):
                party.frames(7 if step == 0 else 0, 0)
                party.wait(0, 0)
            assert party.call.egress.unsent == 0
            heard.append(party.call.heard)

    assert heard[0] == heard[1]
    assert all(len(heard[0][name]) > 100 for name in NAMES)


@pytest.mark.skipif(sys.platform != "linux", reason="recvmmsg is Linux's")
@pytest.mark.parametrize("sockets", [1, 3])
def test_behind_what_the_system_took_python_goes_on(sockets: int) -> None:
    """umask(2) with the number of a file says how many: a few of them never left."""
    with ExitStack() as stack:
        party = Party(stack, 1, portable=False, calls=sending_by("umask"), sockets=sockets)
        before = os.umask(0o3)
        try:
            for step in range(10):
                party.frames(7 if step == 0 else 0, 0)
                party.wait(0, 0)
        finally:
            os.umask(before)
        sent = party.call.plane.stats.packets_out

    heard = sum(map(len, party.call.heard.values()))
    assert 0 < heard < sent


@pytest.mark.skipif(sys.platform != "linux", reason="recvmmsg is Linux's")
def test_what_leaves_by_several_sockets_makes_no_work_for_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As where some come by IPv4 and others by IPv6."""
    with ExitStack() as stack:
        party = Party(stack, 1, portable=False, sockets=3)
        for step in range(3):
            party.frames(7 if step == 0 else 0, 0)
            party.wait(0, 0)
        sent: list[int] = []
        monkeypatch.setattr(party.call.egress, "send_others", lambda *_: sent.append(1))
        before = {name: len(heard) for name, heard in party.call.heard.items()}
        party.frames(0, 0)

    assert sent == []
    assert all(len(party.call.heard[name]) > before[name] for name in NAMES)
