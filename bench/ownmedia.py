"""A relay with media beside it that sends back whatever comes: `python -m bench.ownmedia`.

Prints the ports of both. It is the relay of a media process with its way by memory; instead of the
media plane there is an echo, which costs next to nothing, as coturn's peer is none of coturn.
"""

import asyncio
import socket
import sys

import numpy as np
import uvloop

from sfu.aio.beside import Beside
from sfu.aio.listening import bind_udp
from sfu.path import Path
from sfu.ring import BLOCK, SLOT, START, Batch, Ring
from tests.harness.relay import HOST, PASSWORD, USER
from turn.aio.service import RelayService
from turn.compiling import Direct, compiled
from turn.config import RelayConfig
from turn.credentials import Credentials
from turn.lanes import NAME, Words
from turn.policy import Policy, networks
from turn.quota import Limits
from turn.segments import Lengths, Packets


@compiled
def turn_back(lengths: Lengths, names: Words, count: int, sent: Lengths, addresses: Words) -> None:
    """Each datagram that came leaves for whom it came from."""
    for row in range(count):
        sent[row] = lengths[row]
        for word in range(NAME):
            addresses[row, word] = names[row, word]


class Echo:
    """Media's part."""

    def __init__(self, service: RelayService, sock: socket.socket) -> None:
        self._ring = ring = Ring(blocks=2)
        self._packets = Packets.room(BLOCK)
        self._packets.pointers[:] = ring.address + START + SLOT * np.arange(BLOCK)
        self._packets.owners[:] = np.arange(BLOCK)
        self._addresses = np.zeros((BLOCK, NAME), np.uint32)
        self._at: int = self._addresses.ctypes.data
        self._return = Direct(turn_back)
        # It is there before somebody waits.
        self._return.call(
            np.zeros(1, np.int32),
            np.zeros((1, NAME + 1), np.uint32),
            0,
            self._packets.lengths,
            self._addresses,
        )
        self._beside = Beside(service, [sock], ring, self.return_all, self.return_one)

    def return_all(self, batch: Batch) -> None:
        count, lengths = batch.count, self._packets.lengths
        self._return.call(batch.lengths, batch.names, count, lengths, self._addresses)
        self._beside.ways[0].send(self._packets, count, self._at, count)

    def return_one(self, data: bytes, path: Path) -> None:
        self._beside.ways[0].sendto(data, path[1])


async def main() -> None:
    sock = bind_udp(HOST, 0)
    _, port = sock.getsockname()
    # Turnutils_uclient binds channels to more than the peer that it is told.
    policy = Policy({HOST: [port]}, networks([f"{HOST}/32"], "opened"))
    limits = Limits(allocations=0, bandwidth=0)
    config = RelayConfig({1: HOST}, Credentials({USER: PASSWORD}), policy, limits=limits)
    service = RelayService(config, {1: HOST}, by_loops=True)
    Echo(service, sock)
    _, door = service.listen_udp(HOST, 0)
    await service.listen_tcp(HOST, door)
    print(door, port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await service.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
