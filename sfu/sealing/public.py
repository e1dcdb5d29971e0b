"""Sealing by `Protection`'s own methods: for tests, and where no faster way works."""

import numpy as np

from sfu.arena import Arena
from sfu.client import Protection
from sfu.loops.seal import Sealing, Unsealing
from sfu.ring import SLOT, Batch, Ring
from sfu.tables import Rows

REFUSED = -1


class PublicSealer:
    def __init__(self, ring: Ring) -> None:
        self.failed = 0
        nobody = np.zeros(0, np.int64)
        self.sealing, self.unsealing = Sealing(0, 0, nobody), Unsealing(0, 0, nobody, 0)
        self._ring = ring
        self._keys: dict[int, Protection] = {}

    def set_keys(self, row: int, protection: Protection | None) -> None:
        if protection is None:
            self._keys.pop(row, None)
        else:
            self._keys[row] = protection

    def unseal(self, batch: Batch, media: Rows, count: int) -> int:
        entries = media[:count]
        positions, clients = entries["position"].tolist(), entries["client"].tolist()
        entries["refused"] = [
            self._unseal(batch, position, self._keys.get(client))
            for position, client in zip(positions, clients, strict=True)
        ]
        return int(np.count_nonzero(entries["refused"]))

    def _unseal(self, batch: Batch, position: int, keys: Protection | None) -> int:
        packet = self._ring.datagram(batch, position)
        plain = None if keys is None else keys.unprotect(packet)
        if plain is None:
            return REFUSED
        self._ring.row(position)[: len(plain)] = plain
        batch.lengths[position] = len(plain)
        return 0

    def seal(self, arena: Arena) -> None:
        for row, client in enumerate(arena.client[: arena.count].tolist()):
            keys = self._keys.get(client)
            if arena.length[row]:
                self._put(arena, row, None if keys is None else self._sealed(keys, arena, row))

    def _sealed(self, keys: Protection, arena: Arena, row: int) -> bytes | None:
        packet = arena.packet(row)
        return keys.protect_rtcp(packet) if arena.is_control[row] else keys.protect(packet)

    def _put(self, arena: Arena, row: int, sealed: bytes | None) -> None:
        if sealed is None:
            self.failed += 1
            arena.length[row] = 0
            return
        at = row * SLOT + int(arena.start[row])
        arena.data[at : at + len(sealed)] = sealed
        arena.length[row] = len(sealed)
