"""A batch of datagrams, sorted: RTP, RTCP, and what the media plane leaves alone."""

import struct
from collections.abc import Callable, Iterable
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from sfu.client import Client, Source
from sfu.control import Control
from sfu.drop import Drop
from sfu.ingress import Ingress
from sfu.publication import Stream
from sfu.regular import Packets, Regular
from sfu.rewrite.plain import Outgoing
from sfu.ring import RECEIVE_MAX, SLOT, START, Batch
from sfu.routes import Routes
from sfu.rtp import FIXED_SIZE
from sfu.single import Single
from sfu.state import State
from sfu.tables import NEVER, REPEATED

WORD = struct.Struct("!I")
SSRC = 8  # where it stands in a packet
FEW = 16  # packets up to which plain Python is faster than numpy,
WIDE = 48  # unless they become more rows than that

Ints = NDArray[np.int64]


class Intake:
    """`receive` takes a batch, packet by packet when it has few.

    What goes on to subscribers is given to `deliver` by its slot, to the others when it is regular.
    """

    def __init__(
        self,
        state: State,
        routes: Routes,
        control: Control,
        ingress: Ingress,
        single: Single,
        regular: Regular,
        deliver: Callable[[int, float], None],
        deliver_one: Callable[[Outgoing, Stream, float], None],
        deliver_many: Callable[[Packets, float], None],
    ) -> None:
        self._state = state
        self._routes = routes
        self._control = control
        self._ingress = ingress
        self._single = single
        self._regular = regular
        self._deliver = deliver
        self._deliver_one = deliver_one
        self._deliver_many = deliver_many
        self._data = state.ring.data
        self._words = state.ring.rows.view(np.uint32)[:, START // 4 :]

    def receive(self, batch: Batch, now: float) -> list[int]:
        """Positions of STUN, DTLS, and datagrams of strangers."""
        clients = list(map(self._routes.of(batch.socket).get, batch.keys))
        if batch.count > FEW:
            return self._receive_many(batch, clients, now)
        return self._receive_few(batch, clients, range(batch.count), now)

    def _receive_few(
        self, batch: Batch, clients: list[Client | None], positions: Iterable[int], now: float
    ) -> list[int]:
        slow: list[int] = []
        media: list[int] = []
        for position in positions:
            client = clients[position]
            if client is None or not self._sort(client, batch, position, media, now):
                slow.append(position)
        if media:
            self._receive_media(batch, clients, media, now)
        return slow

    def _sort(
        self, client: Client, batch: Batch, position: int, media: list[int], now: float
    ) -> bool:
        """RTCP is taken, RTP is put on the list. False: it is neither."""
        state, data = self._state, self._data
        length = int(batch.lengths[position])
        at = (batch.first + position) * SLOT + START
        if length < 2 or data[at] >> 6 != 2:
            return False
        if length > RECEIVE_MAX:
            state.drop(Drop.MALFORMED)
        elif 192 <= data[at + 1] <= 223:  # RFC 5761, section 4
            arrival = float(batch.arrivals[position])
            self._control.receive(client, bytes(data[at : at + length]), arrival, now)
        else:
            state.stats.packets_in += 1
            state.stats.bytes_in += length
            state.client_table.bytes_in[client.row] += length
            media.append(position)
        return True

    def _receive_media(
        self, batch: Batch, clients: list[Client | None], media: list[int], now: float
    ) -> None:
        """Packets are unsealed together, but for clients with a source that is new.

        Theirs are taken in turn: a layer's first packet must not overtake those of the others.
        """
        sources = [self._source(clients[position], batch.first + position) for position in media]
        new = {clients[at] for at, source in zip(media, sources, strict=True) if source is None}
        found: list[tuple[int, Client, Source]] = []
        for position, source in zip(media, sources, strict=True):
            client = clients[position]
            assert client is not None
            if source is not None and client not in new:
                found.append((position, client, source))
            elif self._ingress.receive(client, batch, position, now):
                self._deliver(batch.first + position, now)
        positions = [position for position, _, _ in found]
        refused = self._state.sealer.unseal(batch, positions, [c.row for _, c, _ in found])
        if any(refused):
            self._state.drop(Drop.UNAUTHENTIC, sum(map(bool, refused)))
            found = [one for one, failed in zip(found, refused, strict=True) if not failed]
        if sum(len(source.stream.rows) for _, _, source in found) > WIDE:
            streams = [REPEATED if s.is_rtx else s.stream.row for _, _, s in found]
            good = np.array([position for position, _, _ in found])
            self._take_many(batch, clients, good, np.array(streams), now)
        else:
            self._take_few(batch, found, now)

    def _source(self, client: Client | None, slot: int) -> Source | None:
        """None: it is new, or there are no keys."""
        ssrc: int = WORD.unpack_from(self._data, slot * SLOT + START + SSRC)[0]
        return None if client is None or client.keys is None else client.sources.get(ssrc)

    def _take_few(self, batch: Batch, found: list[tuple[int, Client, Source]], now: float) -> None:
        """One by one; audio first, so that it leaves first."""
        single = self._single
        for is_audio in (True, False):
            for position, client, source in found:
                stream, slot = source.stream, batch.first + position
                if stream.publication.is_audio is not is_audio:
                    continue
                length, arrival = int(batch.lengths[position]), float(batch.arrivals[position])
                if not source.is_rtx and single.take(stream, slot, length, arrival, now):
                    self._deliver_one(single.packet, stream, now)
                elif self._ingress.take_unsealed(client, batch, position, now):
                    self._deliver(slot, now)

    def _receive_many(self, batch: Batch, clients: list[Client | None], now: float) -> list[int]:
        media, streams = self._find_media(batch, clients)
        if len(media) <= FEW:
            return self._receive_few(batch, clients, range(batch.count), now)
        others = np.ones(batch.count, bool)
        others[media] = False
        slow = self._receive_few(batch, clients, others.nonzero()[0].tolist(), now)
        media, streams = self._unseal(batch, clients, media, streams)
        self._take_many(batch, clients, media, streams, now)
        return slow

    def _take_many(
        self, batch: Batch, clients: list[Client | None], media: Ints, streams: Ints, now: float
    ) -> None:
        """What is regular together, the rest one by one; again audio first."""
        known = streams != REPEATED
        regular = self._regular.take(batch, media[known], streams[known], now)
        is_alone = np.ones(batch.count, bool)
        if regular is not None:
            is_alone[regular.position] = False
            self._deliver_many(regular, now)
        which = is_alone[media]
        alone = media[which]
        if not len(alone):
            return
        is_rest = self._state.stream_table.array("is_audio")[streams[which]] == 0
        is_rest |= ~known[which]
        for position in alone[is_rest.argsort(kind="stable")].tolist():
            client = clients[position]
            assert client is not None
            if self._ingress.take_unsealed(client, batch, position, now):
                self._deliver(batch.first + position, now)

    def _find_media(self, batch: Batch, clients: list[Client | None]) -> tuple[Ints, Ints]:
        """Positions of RTP, and the rows of its streams: of clients with known sources alone."""
        rows = np.array([-1 if c is None or c.keys is None else c.row for c in clients], np.int64)
        head = self._words[batch.first : batch.first + batch.count]
        first, ssrc = head[:, 0].byteswap(), head[:, 2].byteswap()
        lengths = batch.lengths[: batch.count]
        is_media = (rows >= 0) & (first >> 30 == 2) & (lengths >= FIXED_SIZE)
        is_media &= (lengths <= RECEIVE_MAX) & ((first >> 16 & 0xFF) - 192 >= 32)
        found = is_media.nonzero()[0]
        codes = (rows[found] << 32 | ssrc[found]).tolist()
        streams = np.array(list(map(self._state.stream_of.get, codes, repeat(NEVER))), np.int64)
        known = streams != NEVER
        if not known.all():
            known &= ~np.isin(rows[found], rows[found[~known]])
        return found[known], streams[known]

    def _unseal(
        self, batch: Batch, clients: list[Client | None],
        media: Ints, streams: Ints,
    ) -> tuple[Ints, Ints]:  # fmt: skip
        """Without those that are forged or repeated."""
        state, positions = self._state, media.tolist()
        rows = [client.row for client in map(clients.__getitem__, positions) if client is not None]
        lengths = batch.lengths[media]
        state.stats.packets_in += len(positions)
        state.stats.bytes_in += int(lengths.sum())
        np.add.at(state.client_table.array("bytes_in"), rows, lengths)
        good = np.array(state.sealer.unseal(batch, positions, rows)) == 0
        if refused := len(positions) - int(np.count_nonzero(good)):
            state.drop(Drop.UNAUTHENTIC, refused)
        return media[good], streams[good]
