"""Rows that wait to be sealed and sent."""

import struct

import numpy as np

from sfu import extensions
from sfu.arena import ROWS, Arena, Egress
from sfu.client import Client
from sfu.drop import Drop
from sfu.history import NONE, Repeats
from sfu.pacer import Pacer
from sfu.ring import SLOT
from sfu.sealing import Sealer
from sfu.stats import Stats

FEW = 16  # rows below which plain Python is faster than numpy
TAG = struct.Struct("=Q")


class Outbox:
    """Rows are added to an arena by its users; `flush` lets all of them leave."""

    def __init__(self, sealer: Sealer, egress: Egress, repeats: Repeats, stats: Stats) -> None:
        self.arena = Arena()
        self.now = 0.0
        self.send_time = 0  # as the extension has it
        self.log_time = 0  # microseconds << 16
        self._sealer = sealer
        self._egress = egress
        self._repeats = repeats
        self._stats = stats

    def set_time(self, now: float) -> None:
        """When the rows leave; once per batch is enough."""
        self.now = now
        self.send_time = extensions.abs_send_time(now)
        self.log_time = int(now * 1e6) << 16

    def room(self, rows: int = 1) -> Arena:
        """Where so many rows can be added."""
        if self.arena.count + rows > ROWS:
            self.flush()
        return self.arena

    def flush(self) -> None:
        arena = self.arena
        if not arena.count:
            return
        self._sealer.seal(arena)
        count = arena.count
        if count <= FEW:
            self._note_few(arena, count)
        else:
            self._note_many(arena, count)
        self._egress.send(arena)
        arena.count = 0

    def _note_few(self, arena: Arena, count: int) -> None:
        stats, sizes = self._stats, arena.length[:count].tolist()
        stats.bytes_out += sum(sizes)
        if missing := sizes.count(0):
            stats.dropped[Drop.UNPROTECTED] += missing
        stats.packets_out += count - missing
        for row, repeat in enumerate(arena.repeat[:count].tolist()):
            if repeat != NONE and sizes[row]:
                end = row * SLOT + arena.starts[row] + sizes[row]
                (self._repeats.tag[repeat],) = TAG.unpack_from(arena.data, end - TAG.size)

    def _note_many(self, arena: Arena, count: int) -> None:
        sizes = arena.length[:count]
        sent = int(np.count_nonzero(sizes))
        self._stats.packets_out += sent
        self._stats.bytes_out += int(sizes.sum())
        if sent < count:
            self._stats.dropped[Drop.UNPROTECTED] += count - sent
        repeats = arena.repeat[:count]
        rows = np.flatnonzero((repeats != NONE) & (sizes > 0))
        if len(rows):
            ends = rows * SLOT + arena.start[rows] + sizes[rows]
            self._repeats.array("tag")[repeats[rows]] = arena.words_at(ends - TAG.size)


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
