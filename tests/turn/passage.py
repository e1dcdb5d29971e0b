"""A relay of which the channels' packets go by the loops, in simulated time and without sockets.

As a program, `python -m tests.turn.passage SEED` prints what came of a conversation, as one number;
the environment says how loops are run.
"""

import hashlib
import sys
from random import Random

import numpy as np

from tests.turn.office import CLIENT, PEER, PEER6, UDP_DOOR, Client, Office
from turn.addresses import Address, socket_name
from turn.config import RelayConfig
from turn.lanes import KEY, NAME, Lanes
from turn.passing import DOOR, RELAY, SOCKET, STREAM, Tables, Taken, gather, take
from turn.relaying import Forget, Transmit

SLOTS, SLOT, HEAD = 16, 2048, 16
STREAM_DOOR = 2
PLACES = 64


class Passage(Office):
    """As an office; `asked` counts what the core was asked for."""

    def __init__(self, config: RelayConfig | None = None, *, by_loops: bool = True) -> None:
        super().__init__(config, teaches=by_loops)
        self.sockets.on_close = self._forget
        self.server.open_door(STREAM_DOOR, is_stream=True)
        self.asked = 0
        self._by_loops = by_loops
        self.places: dict[int, int] = {}
        self.lanes = Lanes(self.places, {})
        self._sockets = np.zeros(PLACES, SOCKET)
        self._octets = np.zeros(SLOTS * SLOT, np.uint8)
        self._names = np.full((SLOTS, NAME), 0xFFFFFFFF, np.uint32)
        self._key = np.zeros(KEY, np.uint32)
        columns = (np.zeros(SLOTS, np.int64) for _ in range(4))
        self._taken = Taken(*columns)
        self._targets = np.zeros(SLOTS, np.int64)
        self._turn = 0
        self._place(UDP_DOOR, DOOR)
        self._place(STREAM_DOOR, STREAM)

    def come(self, number: int, datagrams: list[tuple[bytes, Address]]) -> list[Transmit]:
        """Together, by this socket."""
        is_door = number == UDP_DOOR
        left = datagrams
        passed: list[Transmit] = []
        if self._by_loops:
            passed, left = self._pass(number, datagrams)
        for data, source in left:
            self.asked += 1
            if is_door:
                self.server.receive(number, source, data, self.now)
            else:
                self.server.receive_from_peer(number, source, data, self.now)
        self._learn()
        return passed + self.server.take_transmits()

    def _forget(self, number: int) -> None:
        if number in self.places:
            self._sockets[self.places.pop(number)] = 0
            self.lanes.forget(number)

    def _learn(self) -> None:
        for lesson in self.server.take_lessons():
            if isinstance(lesson, Forget):
                self.lanes.forget(lesson.relay)
                continue
            if lesson.relay not in self.places:
                self._place(lesson.relay, RELAY)
            self.lanes.teach(lesson, self.now)

    def _place(self, number: int, kind: int) -> None:
        free = next(p for p in range(PLACES) if p not in self.places.values())
        self.places[number] = free
        self._sockets[free] = kind, 0, number, 0, 0, 0, 0, 0, 0

    def _pass(
        self, number: int, datagrams: list[tuple[bytes, Address]]
    ) -> tuple[list[Transmit], list[tuple[bytes, Address]]]:
        place = self.places.get(number)
        if place is None:
            return [], datagrams
        taken, count = self._taken, len(datagrams)
        for slot, (data, source) in enumerate(datagrams):
            at = SLOT * slot + HEAD
            self._octets[at : at + len(data)] = list(data)
            name = np.frombuffer(socket_name(source), np.uint32)
            words = 4 if len(source[0]) < 16 and ":" not in source[0] else NAME
            self._names[slot, :words] = name[:words]  # behind it stands what stood there
            taken.at[slot], taken.sizes[slot] = at, len(data)
        server = self.server
        tables = Tables(self.lanes.entries, self.lanes.rows, server.meters.rows, self._sockets)
        take(
            tables, self._octets, self._names, 0, count, place, float(server.rate), self.now,
            self._key, taken,
        )  # fmt: skip
        left = [one for slot, one in enumerate(datagrams) if taken.owners[slot] < 0]
        return self._leaving(tables, count, datagrams), left

    def _leaving(
        self, tables: Tables, count: int, datagrams: list[tuple[bytes, Address]]
    ) -> list[Transmit]:
        taken, names, found = self._taken, self.lanes.names, []
        self._turn += 1
        leaving, _ = gather(tables, taken, count, self._turn, self._targets)
        for target in self._targets[:leaving]:
            slot = int(self._sockets[target]["first"])
            while slot >= 0:
                at, owner = int(taken.at[slot]), int(taken.owners[slot])
                data = self._octets[at : at + int(taken.sizes[slot])].tobytes()
                to = ADDRESSES[names[owner].tobytes()]
                found.append(Transmit(int(self._sockets[target]["number"]), to, data))
                slot = int(taken.chain[slot])
        return found


OTHER_CLIENT: Address = ("2001:db8:5::7", 40_001)
PEERS: list[Address] = [PEER, PEER, PEER, (PEER[0], 6000), PEER6, ("203.0.113.77", 5000)]
ADDRESSES = {socket_name(one): one for one in [*PEERS, CLIENT, OTHER_CLIENT]}
ADDRESSES[bytes(28)] = ("192.0.2.200", 1)  # who comes by a stream is known by that


def converse(seed: int, *, by_loops: bool) -> tuple[list[list[Transmit]], dict[str, int], int]:
    """What leaves in each turn, sorted; what was dropped; how often the core was asked."""
    random = Random(seed)
    passage = Passage(by_loops=by_loops)
    both = bytes([2, 0, 0, 0])
    clients = [
        Client(passage, address=CLIENT),
        Client(passage, username="bob", password="other", address=OTHER_CLIENT),
        Client(passage, address=ADDRESSES[bytes(28)], door=STREAM_DOOR),
    ]
    turns: list[list[Transmit]] = []
    relays: list[int] = []
    for client in clients:
        client.allocate((0x8000, both), (0x000D, (900).to_bytes(4, "big")))
        client.bind(0x4000, PEER)
        relays = list(passage.sockets.open_now)
    for _ in range(120):
        step = random.random()
        if step < 0.15:
            client = random.choice(clients)
            number, peer = 0x4000 + random.randrange(3), random.choice(PEERS)
            turns.append([Transmit(0, peer, client.bind(number, peer).data)])
        elif step < 0.17:
            passage.wait(random.choice([0.5, 20, 150, 301, 601]))
        elif step < 0.18:
            turns.append([Transmit(0, CLIENT, random.choice(clients).refresh(0).data)])
        elif step < 0.25:
            client = random.choice(clients)
            client.allocate((0x8000, both))
            client.bind(0x4000, PEER)
            relays = list(passage.sockets.open_now)
        elif step < 0.6:
            batch = [packet(random) for _ in range(random.randrange(1, 9))]
            turns.append(sorted(passage.come(UDP_DOOR, batch)))
        else:
            relay = random.choice(relays)
            size = random.choice([0, 1, 160, 1200])
            batch = [(random.randbytes(size), random.choice(PEERS)) for _ in range(5)]
            turns.append(sorted(passage.come(relay, batch)))
    dropped = {str(reason): count for reason, count in passage.server.dropped.items()}
    return turns, dropped, passage.asked


def packet(random: Random) -> tuple[bytes, Address]:
    """ChannelData, some of it wrong."""
    size = random.choice([0, 1, 160, 1200])
    told = size + random.choice([0, 0, 0, 0, 1, -1]) if size else size
    head = random.choice([0x4000, 0x4000, 0x4000, 0x4001, 0x4002, 0x4003]).to_bytes(
        2, "big"
    ) + told.to_bytes(2, "big")
    data = head + random.randbytes(size)
    return random.choice([data] * 9 + [data[:3]]), random.choice([CLIENT, OTHER_CLIENT])


def digest(seed: int, *, by_loops: bool) -> str:
    told = repr(converse(seed, by_loops=by_loops)[:2])
    return hashlib.sha256(told.encode()).hexdigest()


if __name__ == "__main__":
    print(digest(int(sys.argv[1]), by_loops=True))
