"""Rows that wait to be sealed and sent."""

from sfu import extensions
from sfu.arena import ROWS, Arena, Egress, Times
from sfu.client import Client
from sfu.drop import Drop
from sfu.history import Repeats
from sfu.loops.seal import finish
from sfu.pacer import Pacer
from sfu.sealing import Sealer
from sfu.stats import Stats
from sfu.tables import Ints
from turn.compiling import Direct


class Outbox:
    """Rows are added to an arena by its users; `flush` lets all of them leave."""

    def __init__(self, sealer: Sealer, egress: Egress, repeats: Repeats, tally: Ints) -> None:
        self.arena = Arena()
        self.now = 0.0  # when the rows leave; set once per batch
        self._sealer = sealer
        self._egress = egress
        self._repeats = repeats
        self._tally = tally
        self._finish = Direct(finish)

    @property
    def times(self) -> Times:
        now = self.now
        return Times(now, extensions.abs_send_time(now), int(now * 1e6) << 16)

    def room(self, rows: int = 1) -> Arena:
        """Where so many rows can be added."""
        if self.arena.count + rows > ROWS:
            self.flush()
        return self.arena

    def add_control(self, client: int, data: bytes) -> None:
        """RTCP for the client of this row."""
        self.room().append_control(client, data)

    def flush(self) -> None:
        arena = self.arena
        if not arena.count:
            return
        sealer = self._sealer
        if not sealer.sealing.protect:
            sealer.seal(arena)
        self._finish.call(
            sealer.sealing, arena.columns, arena.count, arena.octets, arena.address,
            arena.length_address, arena.columns.itemsize, self._repeats.rows, self._tally,
        )  # fmt: skip
        self._egress.send(arena)
        arena.count = 0


class Collector:
    """Sealed rows as single datagrams: for clients behind TCP, and for tests."""

    def __init__(self, clients: list[Client | None], pacer: Pacer, stats: Stats) -> None:
        self._clients = clients
        self._pacer = pacer
        self._stats = stats

    def send(self, arena: Arena) -> None:
        for row, client in enumerate(arena.client[: arena.count].tolist()):
            if arena.lengths[row]:
                self._send(self._clients[client], arena.packet(row))

    def _send(self, client: Client | None, data: bytes) -> None:
        path = None if client is None else client.endpoint.send_path
        if path is None:
            self._stats.dropped[Drop.NO_PATH] += 1
        else:
            self._pacer.push(data, path)
