"""Both edges on real sockets: the same expectations for many packets by a call and one by one."""

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from sfu.aio import edges
from sfu.aio.edges import Edges, open_edges
from sfu.aio.listening import bind_udp
from sfu.aio.native import NativeReader
from sfu.arena import PAYLOAD, Arena
from sfu.path import TCP, Path, key
from sfu.ring import BLOCK, RECEIVE_MAX, SLOT, Batch, Ring
from sfu.tables import ADDRESS, NO_SOCKET, Clients
from turn.aio.mmsg import Unavailable

HOSTS = {"v4": "127.0.0.1", "v6": "::1"}
NEAR, FAR, THIRD = range(3)  # rows of clients


class Stage:
    """Our sockets, one of each family, and clients' sockets."""

    def __init__(self, stack: ExitStack, *, portable: bool) -> None:
        self.stack = stack
        self.ours = [self.udp(host) for host in HOSTS.values()]
        self.ring = Ring(blocks=8)
        self.clients = Clients(1)
        self.arena = Arena()
        self.by_tcp: list[tuple[int, bytes]] = []
        self.edges: Edges = open_edges(self.ours, self.ring, self.send_tcp, portable=portable)
        self.edges.egress.set_clients(self.clients)

    def udp(self, host: str) -> socket.socket:
        return self.stack.enter_context(bind_udp(host, 0))

    def send_tcp(self, number: int, data: bytes) -> None:
        self.by_tcp.append((number, data))

    def client(self, path: Path | None) -> int:
        row = self.clients.add()
        address = b"" if path is None else key(path)
        self.clients.socket[row] = NO_SOCKET if path is None else path[0]
        self.clients.address_size[row] = len(address)
        self.clients.address[row * ADDRESS : row * ADDRESS + len(address)] = address
        return row

    def send(self, packets: list[tuple[int, bytes]], start: int = PAYLOAD) -> None:
        """Each a client and what it shall get."""
        self.arena.count = 0
        for client, data in packets:
            at = self.arena.count * SLOT + start
            self.arena.data[at : at + len(data)] = data
            self.arena.append(client, start, len(data), -1)
        self.edges.egress.send(self.arena)

    def read(self, number: int = 0) -> Batch:
        batch = self.edges.readers[number].read()
        assert batch is not None
        return batch

    def contents(self, batch: Batch) -> list[bytes]:
        return [self.ring.datagram(batch, position) for position in range(batch.count)]


@pytest.fixture(params=["native", "portable"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    if request.param == "native" and sys.platform != "linux":
        pytest.skip("recvmmsg is Linux's")
    with ExitStack() as stack:
        yield Stage(stack, portable=request.param == "portable")


def received(sock: socket.socket) -> list[bytes]:
    packets = []
    while True:
        try:
            packets.append(sock.recv(2000))
        except BlockingIOError:
            return packets


def numbered(count: int, size: int = 100) -> list[bytes]:
    return [number.to_bytes(2, "big") + bytes(size + number % 3) for number in range(count)]


# ---- receiving


@pytest.mark.parametrize("number", [0, 1], ids=HOSTS)
def test_datagrams_land_in_the_ring(stage: Stage, number: int) -> None:
    client = stage.udp(list(HOSTS.values())[number])
    before = time.monotonic()
    for data in numbered(40):
        client.sendto(data, stage.ours[number].getsockname())
    batch = stage.read(number)

    assert stage.contents(batch) == numbered(40)
    assert batch.socket == number
    assert {batch.key(at) for at in range(40)} == {key((number, client.getsockname()))}
    assert batch.path(0) == (number, client.getsockname())
    arrivals = batch.arrivals[:40].tolist()
    assert arrivals == sorted(arrivals)
    assert before - 0.001 <= arrivals[0] <= arrivals[-1] <= time.monotonic()
    assert stage.edges.readers[number].is_drained


def test_each_batch_has_the_first_rows(stage: Stage) -> None:
    client = stage.udp("127.0.0.1")
    for turn in range(3):
        for data in numbered(200, size=turn):
            client.sendto(data, stage.ours[0].getsockname())
        assert stage.contents(stage.read()) == numbered(200, size=turn)


def test_more_than_a_block_takes_several_reads(stage: Stage) -> None:
    client = stage.udp("127.0.0.1")
    for data in numbered(BLOCK + 10):
        client.sendto(data, stage.ours[0].getsockname())

    assert stage.read().count == BLOCK
    assert not stage.edges.readers[0].is_drained
    assert stage.read().count == 10
    assert stage.edges.readers[0].is_drained
    assert stage.edges.readers[0].read() is None


def test_sockets_share_the_ring(stage: Stage) -> None:
    clients = [stage.udp(host) for host in HOSTS.values()]
    for turn in range(3):
        for number, client in enumerate(clients):
            client.sendto(bytes([turn, number]), stage.ours[number].getsockname())
            batch = stage.read(number)
            assert stage.contents(batch) == [bytes([turn, number])]


def test_a_datagram_that_does_not_fit_is_longer_than_any_packet(stage: Stage) -> None:
    client = stage.udp("127.0.0.1")
    for data in (b"\1" * RECEIVE_MAX, b"\2" * (RECEIVE_MAX + 1), b"\3" * 4000, b"", b"\4"):
        client.sendto(data, stage.ours[0].getsockname())
    batch = stage.read()

    lengths = batch.lengths[:5].tolist()
    assert lengths[0] == RECEIVE_MAX
    assert min(lengths[1:3]) > RECEIVE_MAX
    assert lengths[3:] == [0, 1]
    assert stage.ring.row(4)[0] == 4


def test_nothing_is_no_batch(stage: Stage) -> None:
    assert stage.edges.readers[0].read() is None
    assert stage.edges.readers[0].is_drained
    assert stage.ring.size == 0


def test_the_next_reads_go_on_after_nothing(stage: Stage) -> None:
    client = stage.udp("127.0.0.1")
    assert stage.edges.readers[0].read() is None
    client.sendto(b"late", stage.ours[0].getsockname())
    assert stage.contents(stage.read()) == [b"late"]


# ---- sending


@pytest.mark.parametrize("number", [0, 1], ids=HOSTS)
@pytest.mark.parametrize("count", [1, 9, 30, 300])
def test_rows_leave_whole_and_in_order(stage: Stage, number: int, count: int) -> None:
    client = stage.udp(list(HOSTS.values())[number])
    row = stage.client((number, client.getsockname()))
    stage.send([(row, data) for data in numbered(count)], start=24)

    assert received(client) == numbered(count)
    assert stage.edges.egress.unsent == 0


@pytest.mark.parametrize("count", [1, 9, 100])
def test_each_client_gets_its_rows_from_its_socket(stage: Stage, count: int) -> None:
    sockets = [stage.udp(host) for host in ("127.0.0.1", "::1", "127.0.0.1")]
    numbers = [0, 1, 0]
    rows = [stage.client((n, sock.getsockname())) for n, sock in zip(numbers, sockets, strict=True)]
    stage.send([(row, bytes([row]) + data) for row in rows for data in numbered(count)])

    for row, number, sock in zip(rows, numbers, sockets, strict=True):
        data, sender = sock.recvfrom(2000)
        assert sender == stage.ours[number].getsockname()
        assert [data, *received(sock)] == [bytes([row]) + packet for packet in numbered(count)]


def test_rows_without_length_stay(stage: Stage) -> None:
    client = stage.udp("127.0.0.1")
    row = stage.client((0, client.getsockname()))
    stage.send([(row, b"one"), (row, b""), (row, b"two")])

    assert received(client) == [b"one", b"two"]
    assert stage.edges.egress.unsent == 0


@pytest.mark.parametrize("times", [1, 20])
def test_rows_of_other_ways_do_not_hold_up_the_rest(stage: Stage, times: int) -> None:
    client = stage.udp("127.0.0.1")
    udp = stage.client((0, client.getsockname()))
    tcp = stage.client((TCP, ("192.0.2.1", 5000, 4711)))
    nowhere = stage.client(None)
    rows = [(tcp, b"a"), (udp, b"b"), (nowhere, b"c"), (tcp, b""), (tcp, b"d"), (udp, b"e")]
    stage.send(rows * times)

    assert received(client) == [b"b", b"e"] * times
    assert stage.by_tcp == [(4711, b"a"), (4711, b"d")] * times
    assert stage.edges.egress.no_path == times


def test_the_table_of_clients_may_grow(stage: Stage) -> None:
    clients = [stage.udp("127.0.0.1") for _ in range(20)]
    for number, client in enumerate(clients):
        row = stage.client((0, client.getsockname()))
        stage.send([(row, bytes([number]))])
        assert received(client) == [bytes([number])]


def test_a_client_that_cannot_be_reached_costs_the_others_nothing(stage: Stage) -> None:
    client = stage.udp("127.0.0.1")
    strange = stage.client((0, ("127.0.0.1", 0)))  # no port
    row = stage.client((0, client.getsockname()))
    stage.send([(strange, b"a"), (strange, b"b"), (row, b"c")])

    assert received(client) == [b"c"]
    assert stage.edges.egress.unsent == 2


def test_a_closed_socket_only_loses_packets(stage: Stage) -> None:
    row = stage.client((0, stage.udp("127.0.0.1").getsockname()))
    stage.ours[0].close()
    stage.send([(row, b"a"), (row, b"b")])
    assert stage.edges.egress.unsent == 2


# ---- the choice


@pytest.mark.skipif(sys.platform != "linux", reason="recvmmsg is Linux's")
def test_the_faster_edges_are_chosen_here() -> None:
    with ExitStack() as stack:
        assert isinstance(Stage(stack, portable=False).edges.readers[0], NativeReader)


def test_the_portable_edges_serve_where_nothing_else_works(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> None:
        raise Unavailable("no such call")

    monkeypatch.setattr(edges, "probe", refuse)
    edges.native.cache_clear()
    try:
        with ExitStack() as stack:
            stage = Stage(stack, portable=False)
            assert not isinstance(stage.edges.readers[0], NativeReader)
        assert "one by one: no such call" in caplog.text
    finally:
        edges.native.cache_clear()
