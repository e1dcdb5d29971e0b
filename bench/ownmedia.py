"""A relay with media beside it that sends back whatever comes: `python -m bench.ownmedia`.

Prints the ports of both. It is the relay of a media process with its way by memory; instead of the
media plane's loop there is one that is an echo, which costs next to nothing, as coturn's peer is
none of coturn.
"""

import asyncio
import sys

import numpy as np
import uvloop

from sfu.aio.beside import Beside
from sfu.aio.listening import bind_udp
from sfu.path import NAME_SIZE
from sfu.ring import BLOCK, SLOT, START, Batch, Ring
from tests.harness.relay import HOST, PASSWORD, USER
from turn.aio.service import RelayService
from turn.beside import ORDER
from turn.compiling import NOBODY, Taker, call, compiled, entry, i64, view
from turn.config import RelayConfig
from turn.credentials import Credentials
from turn.lanes import NAME
from turn.policy import Policy, networks
from turn.quota import Limits
from turn.segments import Packets

# What the loop is given: names of senders, bytes of each, an order to the relay, which takes it.
NAMES, SIZES, ADDRESSES, LENGTHS, ORDERED, FUNCTION, WORD, NUMBERS = range(8)


@compiled
def turn_back(at: int, count: int) -> int:
    """Each datagram that came leaves for whom it came from."""
    numbers = view(at, (NUMBERS,), np.int64)
    names = view(numbers[NAMES], (BLOCK, NAME_SIZE // 4), np.uint32)
    addresses = view(numbers[ADDRESSES], (BLOCK, NAME), np.uint32)
    sizes = view(numbers[SIZES], (BLOCK,), np.int32)
    lengths = view(numbers[LENGTHS], (BLOCK,), np.int32)
    for row in range(count):
        lengths[row] = sizes[row]
        for word in range(NAME):
            addresses[row, word] = names[row, word]
    order = view(numbers[ORDERED], (1,), ORDER)[0]
    order.count = order.rows = count
    return i64(call(numbers[FUNCTION], (numbers[WORD], numbers[ORDERED])))


def turn_back_entry(at: int, count: int) -> int:
    return turn_back(at, count)


class Echo:
    """Media's part, for one socket."""

    def __init__(self, service: RelayService, ring: Ring, number: int) -> None:
        self.batch = batch = Batch(number)
        self.spent = 0.0
        self._service = service
        self._packets = packets = Packets.room(BLOCK)
        packets.pointers[:] = ring.address + START + SLOT * np.arange(BLOCK)
        packets.owners[:] = np.arange(BLOCK)
        self._addresses = addresses = np.zeros((BLOCK, NAME), np.uint32)
        self._order = order = np.zeros(1, ORDER)
        pointers, lengths, owners = (column.ctypes.data for column in packets)
        order[0] = 0, 0, pointers, lengths, owners, addresses.ctypes.data, 0, 0
        self._numbers = numbers = np.zeros(NUMBERS, np.int64)
        numbers[NAMES], numbers[SIZES] = batch.names.ctypes.data, batch.lengths.ctypes.data
        numbers[ADDRESSES], numbers[LENGTHS] = addresses.ctypes.data, lengths
        numbers[ORDERED] = order.ctypes.data
        numbers[FUNCTION], numbers[WORD] = service.taker or NOBODY
        self.taker = Taker(entry(turn_back_entry), numbers.ctypes.data)

    def take(self, count: int) -> None:
        if turn_back(self._numbers.ctypes.data, count):
            self.go_on(count)

    def close(self) -> None:
        """It ends with its process."""

    def go_on(self, count: int) -> None:
        self._service.go_on_beside(self._order)


async def main() -> None:
    sock = bind_udp(HOST, 0)
    _, port = sock.getsockname()
    # Turnutils_uclient binds channels to more than the peer that it is told.
    policy = Policy({HOST: [port]}, networks([f"{HOST}/32"], "opened"))
    limits = Limits(allocations=0, bandwidth=0)
    config = RelayConfig({1: HOST}, Credentials({USER: PASSWORD}), policy, limits=limits)
    service = RelayService(config, {1: HOST}, by_loops=True)
    ring = Ring(blocks=2)
    beside = Beside(
        service, [sock], ring, lambda batch: None,
        lambda data, path: beside.ways[0].sendto(data, path[1]),
        lambda number: Echo(service, ring, number),
    )  # fmt: skip
    _, door = service.listen_udp(HOST, 0)
    await service.listen_tcp(HOST, door)
    print(door, port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await service.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
