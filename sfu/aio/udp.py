"""UDP sockets of the media port."""

import asyncio
import socket
from collections.abc import Callable, Sequence

from sfu.aio.beside import Way
from sfu.aio.edges import Edges
from sfu.aio.meter import Meter
from sfu.aio.watching import GatheringWatch, Watch
from sfu.drop import Drop
from sfu.gather import GatherRule
from sfu.path import Path
from sfu.ring import BLOCK, Batch
from sfu.stats import NodeStats
from turn.aio.timer import Timer

READS = 4  # of a socket at most between two turns of the loop, each up to 256 datagrams
FEW = 8  # datagrams of a read, where each is for many


class UdpSockets:
    """One socket per local address, so that answers leave from the address that was asked.

    `on_batch` is called for each batch that is not done yet, `on_drained` after the last of a turn
    of the loop: with how many datagrams came, and whether there was any such batch.
    """

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        edges: Edges,
        on_batch: Callable[[Batch], None],
        on_drained: Callable[[int, bool], None],
        meter: Meter,
    ) -> None:
        self.sockets = sockets
        self._ways: list[socket.socket | Way] = [*sockets]  # by number
        self._edges = edges
        self._on_batch = on_batch
        self._on_drained = on_drained
        self._timed_drain = meter.timed(self._drain)
        self._unsent = 0  # datagrams that the system did not take: full buffer, no route
        self._readers = dict(zip((s.fileno() for s in sockets), edges.readers, strict=True))
        self._watch: Watch | None = None
        self._sent: Callable[[], int] = lambda: 0

    def start(
        self, loop: asyncio.AbstractEventLoop, rule: GatherRule, sent: Callable[[], int]
    ) -> None:
        """Drain from now on. `sent` counts packets that have left.

        Where the system has no fine timer no packet waits for others.
        """
        self._sent = sent
        files, calls, drain = list(self._readers), self._edges.calls, self._timed_drain
        if rule.seconds > 0 and calls is not None:
            self._watch = GatheringWatch(loop, files, drain, Timer(calls), rule, sent)
        else:
            self._watch = Watch(loop, files, drain)

    def add(self, ways: Sequence[Way]) -> None:
        """Beside the sockets."""
        self._ways += ways
        self._edges.egress.add(ways)

    def fill(self, stats: NodeStats) -> None:
        """Add what went no further here."""
        egress, dropped = self._edges.egress, stats.dropped
        stats.unsent = self._unsent + egress.unsent
        if egress.no_path:
            dropped[Drop.NO_PATH] = dropped.get(Drop.NO_PATH, 0) + egress.no_path

    def send(self, data: bytes, to: Path) -> None:
        """One datagram: all that is not media."""
        try:
            self._ways[to[0]].sendto(data, to[1])
        except OSError:
            # Media is real time: what cannot leave now is lost, as it would be on the wire.
            self._unsent += 1

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
        for sock in self.sockets:
            sock.close()

    def _drain(self, files: Sequence[int], most: int) -> tuple[int, bool]:
        """Until so many packets have left, if that is not 0. How many datagrams there were, and
        whether that was all."""
        count, has_more, is_all = 0, False, True
        enough = self._sent() + most
        for file in files:
            reader = self._readers[file]
            reader.most = FEW if most else BLOCK
            for _ in range(READS * BLOCK // reader.most):
                batch = reader.read()
                count += reader.came
                if batch is not None:
                    has_more = True
                    self._on_batch(batch)
                if reader.is_drained:
                    break
                if most and self._sent() >= enough:
                    is_all = False
                    break
        self._on_drained(count, has_more)
        return count, is_all
