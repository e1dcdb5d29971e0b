"""A batch of datagrams, sorted: RTP, RTCP, and what the media plane leaves alone."""

import struct
import sys
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
# In a packet's first word, as this machine reads it: the version, and where RTCP's types are told
# apart from RTP's (RFC 5761, section 4: 192 to 223).
VERSION, VERSION_2, CONTROL_RANGE, CONTROL = (
    np.uint32(int.from_bytes(octets, sys.byteorder))
    for octets in (b"\xc0\0\0\0", b"\x80\0\0\0", b"\0\xe0\0\0", b"\0\xc0\0\0")
)

Ints = NDArray[np.int64]
Found = tuple[int, Client, Source | None]  # position in the batch


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
        data, at = self._data, batch.first * SLOT + START
        lengths = batch.lengths[: batch.count].tolist()
        for position in positions:
            client, length = clients[position], lengths[position]
            start = at + position * SLOT
            if client is None or length < 2 or data[start] >> 6 != 2:
                slow.append(position)
            elif length > RECEIVE_MAX:
                self._state.drop(Drop.MALFORMED)
            elif 192 <= data[start + 1] <= 223:  # RFC 5761, section 4
                arrival = float(batch.arrivals[position])
                self._control.receive(client, bytes(data[start : start + length]), arrival, now)
            else:
                media.append(position)
        if media:
            self._receive_media(batch, clients, lengths, media, now)
        return slow

    def _receive_media(
        self, batch: Batch, clients: list[Client | None], lengths: list[int], media: list[int],
        now: float,
    ) -> None:  # fmt: skip
        """Packets are unsealed together, but for clients with a source that is new.

        Theirs are taken in turn: a layer's first packet must not overtake those of the others.
        """
        stats, bytes_in = self._state.stats, self._state.client_table.bytes_in
        data, at = self._data, batch.first * SLOT + START + SSRC
        found: list[Found] = []
        new: set[Client] = set()
        stats.packets_in += len(media)
        for position in media:
            client = clients[position]
            assert client is not None
            stats.bytes_in += lengths[position]
            bytes_in[client.row] += lengths[position]
            (ssrc,) = WORD.unpack_from(data, at + position * SLOT)
            source = client.sources.get(ssrc)
            if source is None or client.keys is None:
                new.add(client)
            found.append((position, client, source))
        if new:
            found = self._receive_new(batch, found, new, now)
        positions = [position for position, _, _ in found]
        refused = self._state.sealer.unseal(batch, positions, [c.row for _, c, _ in found])
        if any(refused):
            self._state.drop(Drop.UNAUTHENTIC, sum(map(bool, refused)))
            found = [one for one, failed in zip(found, refused, strict=True) if not failed]
        self._take(batch, found, now)

    def _receive_new(
        self, batch: Batch, found: list[Found], new: set[Client], now: float
    ) -> list[Found]:
        """Those of clients with a source that is new, in turn. Returns the others."""
        others: list[Found] = []
        for one in found:
            position, client, _ = one
            if client not in new:
                others.append(one)
            elif self._ingress.receive(client, batch, position, now):
                self._deliver(batch.first + position, now)
        return others

    def _take(self, batch: Batch, found: list[Found], now: float) -> None:
        """Unsealed packets: many rows together, few one by one, audio first."""
        audio: list[Found] = []
        rest: list[Found] = []
        rows = 0
        for one in found:
            _, _, source = one
            assert source is not None
            stream = source.stream
            rows += len(stream.rows)
            (audio if stream.publication.is_audio else rest).append(one)
        if rows > WIDE:
            sources = [source for _, _, source in found if source is not None]
            streams = [REPEATED if source.is_rtx else source.stream.row for source in sources]
            good = np.array([position for position, _, _ in found])
            self._take_many(batch, good, np.array(streams), now)
            return
        single, first = self._single, batch.first
        lengths = batch.lengths[: batch.count].tolist()
        arrivals = batch.arrivals[: batch.count].tolist()
        for position, client, source in audio + rest:
            assert source is not None
            stream, slot = source.stream, first + position
            if not source.is_rtx and single.take(
                stream, slot, lengths[position], arrivals[position], now
            ):
                self._deliver_one(single.packet, stream, now)
            elif self._ingress.take_unsealed(client, batch, position, now):
                self._deliver(slot, now)

    def _receive_many(self, batch: Batch, clients: list[Client | None], now: float) -> list[int]:
        media, streams, rows = self._find_media(batch, clients)
        if len(media) <= FEW:
            return self._receive_few(batch, clients, range(batch.count), now)
        slow: list[int] = []
        if len(media) < batch.count:
            others = np.ones(batch.count, bool)
            others[media] = False
            slow = self._receive_few(batch, clients, others.nonzero()[0].tolist(), now)
        media, streams = self._unseal(batch, media, streams, rows)
        self._take_many(batch, media, streams, now)
        return slow

    def _take_many(self, batch: Batch, media: Ints, streams: Ints, now: float) -> None:
        """What is regular together, the rest one by one; again audio first."""
        known = streams != REPEATED
        is_alone = np.ones(batch.count, bool)
        regular = self._regular.take(batch, media[known], streams[known], now)
        if regular is not None:
            is_alone[regular.position] = False
            self._deliver_many(regular, now)
        which = is_alone[media]
        alone = media[which]
        if not len(alone):
            return
        is_rest = self._state.stream_table.arrays["is_audio"][streams[which]] == 0
        is_rest |= ~known[which]
        clients = self._routes.of(batch.socket)
        for position in alone[is_rest.argsort(kind="stable")].tolist():
            client = clients.get(batch.keys[position])
            if client is not None and self._ingress.take_unsealed(client, batch, position, now):
                self._deliver(batch.first + position, now)

    def _find_media(self, batch: Batch, clients: list[Client | None]) -> tuple[Ints, Ints, Ints]:
        """Positions of RTP, and the rows of its streams and clients.

        Of clients without unknown sources alone.
        """
        count = batch.count
        rows = np.fromiter([-1 if c is None else c.row for c in clients], np.int64, count)
        words = self._words[batch.first : batch.first + count]
        first, lengths = words[:, 0], batch.lengths[:count]
        is_media = first & VERSION == VERSION_2
        is_media &= first & CONTROL_RANGE != CONTROL
        is_media &= (lengths >= FIXED_SIZE) & (lengths <= RECEIVE_MAX) & (rows >= 0)
        is_media &= self._state.client_table.arrays["has_keys"][rows] != 0
        found = is_media.nonzero()[0]
        rows = rows[found]
        codes = (rows << 32 | words[:, 2][found]).tolist()
        stream_of = map(self._state.stream_of.get, codes, repeat(NEVER))
        streams = np.fromiter(stream_of, np.int64, len(codes))
        is_unknown = streams == NEVER
        if np.count_nonzero(is_unknown):
            known = ~np.isin(rows, rows[is_unknown])
            return found[known], streams[known], rows[known]
        return found, streams, rows

    def _unseal(self, batch: Batch, media: Ints, streams: Ints, rows: Ints) -> tuple[Ints, Ints]:
        """Without those that are forged or repeated."""
        state = self._state
        lengths = batch.lengths[media].astype(np.int64)
        state.stats.packets_in += len(media)
        state.stats.bytes_in += int(lengths.sum())
        np.add.at(state.client_table.arrays["bytes_in"], rows, lengths)
        refused = state.sealer.unseal(batch, media.tolist(), rows.tolist())
        if not any(refused):
            return media, streams
        good = np.array(refused) == 0
        state.drop(Drop.UNAUTHENTIC, len(good) - int(np.count_nonzero(good)))
        return media[good], streams[good]
