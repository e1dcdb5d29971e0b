"""Everything that is received, stream by stream in columns, and whether it is whole.

A batch is read by column. Every packet counts for sequence numbers and transport-wide feedback,
which are not encrypted; of those that are decrypted also picture ids and the sender's time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from api.loadtest import probe
from api.loadtest.arrivals import Arrivals
from api.loadtest.columns import PADDING, Headers, Ints, Rows, Slots
from api.loadtest.gaps import Gaps
from api.loadtest.histogram import Histogram
from api.loadtest.times import Times
from sfu.extensions import locate
from sfu.ring import Batch
from sfu.rtp import Header
from sfu.sealing import Sealer

UNKNOWN = -1
PICTURES = 0x8000  # picture ids wrap here
FRAME_BEGINS = 0x10  # in the first byte of a VP8 descriptor (RFC 7741, section 4.2)
HEADER_MOST = 200  # bytes
NO_KEY = 0x01  # in the first byte of a VP8 frame (section 4.3)


@dataclass(slots=True)
class Tally:
    """What is counted over all streams; `reset` when the measurement begins."""

    packets: int = 0  # RTP, retransmissions and padding included
    octets: int = 0  # of datagrams
    decrypted: int = 0
    unauthentic: int = 0
    unknown: int = 0  # packets of an SSRC that nobody announced
    padded: int = 0
    marked: int = 0  # of those decrypted, packets with the mark of a load test
    repairs: int = 0  # RTX packets with something in them
    picture_breaks: int = 0
    switch_breaks: int = 0  # a layer that did not begin with a key frame
    switches: int = 0


class Incoming:
    def __init__(
        self, slots: Slots, sealer: Sealer, streams: int, links: int, *, sample: int
    ) -> None:
        self.tally = Tally()
        self.latency = Histogram()
        self.times = Times()
        self.arrivals = Arrivals(links)
        self.is_measuring = False
        self.count = 0
        self.link: Ints = np.zeros(streams, np.int64)
        self.ssrc: Ints = np.zeros(streams, np.int64)
        self.repairs: Ints = np.full(streams, UNKNOWN)  # of an RTX stream: the one it repairs
        self.highest: Ints = np.full(streams, UNKNOWN)  # number without the wrap
        self.first: Ints = np.full(streams, UNKNOWN)
        self.received: Ints = np.zeros(streams, np.int64)
        self.key_frames: Ints = np.zeros(streams, np.int64)
        self.gaps: dict[int, Gaps] = {}
        self._slots, self._sealer, self._sample = slots, sealer, sample
        self._odd: set[int] = set()  # streams whose numbers were not in order in this batch
        self._keys: Ints = np.zeros(0, np.int64)  # link and SSRC, ascending
        self._rows: Ints = np.zeros(0, np.int64)
        self._is_video = np.zeros(streams, np.bool_)
        self._is_verified = np.zeros(streams, np.bool_)  # a packet of it was decrypted
        self._time, self._frames = np.full(streams, UNKNOWN), np.zeros(streams, np.int64)
        self._picture, self._source = np.full(streams, UNKNOWN), np.full(streams, UNKNOWN)
        # Where the transport-wide number stands, as long as the header looks like this:
        self._number_id = np.zeros(streams, np.int64)
        self._number_at, self._extension = np.zeros(streams, np.int64), np.full(streams, UNKNOWN)

    def add(self, link: int, ssrc: int, number_id: int, *, is_video: bool, repairs: int) -> int:
        """Expect a stream; `number_id` is the extension's of transport-cc. Returns its row."""
        row = self.count
        self.count += 1
        self.link[row], self.ssrc[row], self.repairs[row] = link, ssrc, repairs
        self._number_id[row], self._is_video[row] = number_id, is_video
        key = link << 32 | ssrc
        at = int(np.searchsorted(self._keys, key))
        self._keys = np.insert(self._keys, at, key)
        self._rows = np.insert(self._rows, at, row)
        return row

    def begin_measuring(self) -> None:
        self.tally = Tally()
        self.latency = Histogram()
        self.is_measuring = True

    def receive(self, batch: Batch, rows: Rows, links: Ints, arrivals: Ints, now: float) -> None:
        """RTP in these rows, of these links, at these times (ns). It is decrypted in place."""
        headers = self._slots.read(rows)
        stream = self._find(links, headers.ssrc)
        self.tally.packets += len(rows)
        self.tally.octets += int(batch.lengths[rows].sum())
        is_known = stream >= 0
        if not is_known.all():
            self.tally.unknown += int((~is_known).sum())
            rows, stream = rows[is_known], stream[is_known]
            links, arrivals = links[is_known], arrivals[is_known]
            headers = self._slots.read(rows)
        if len(rows):
            self._number(rows, stream, links, arrivals, headers)
            frames = self._follow(stream, headers, now)
            padded = headers.first & PADDING > 0
            if padded.any():  # probing: it has times, but no pictures
                self.tally.padded += int(padded.sum())
                self._odd.update(stream[padded].tolist())
            self._open(batch, rows, stream, arrivals, headers, frames)
        if self._odd:  # frames may be missing: begin to compare anew
            self._picture[list(self._odd)] = UNKNOWN
            self._odd.clear()

    def _find(self, links: Ints, ssrc: Ints) -> Ints:
        keys = links << 32 | ssrc
        if not len(self._keys):
            return np.full(len(keys), UNKNOWN)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        found: Ints = np.where(self._keys[at] == keys, self._rows[at], UNKNOWN)
        return found

    def _number(
        self, rows: Rows, stream: Ints, links: Ints, arrivals: Ints, headers: Headers
    ) -> None:
        """Note the arrivals of what has a transport-wide number."""
        wanted = self._number_id[stream] > 0
        offsets = self._number_at[stream]
        changed = wanted & (self._extension[stream] != headers.extension)
        if changed.any():
            for index in np.flatnonzero(changed).tolist():
                extension = int(headers.extension[index])
                offsets[index] = self._locate(int(rows[index]), int(stream[index]), extension)
        flat, at = self._slots.flat, self._slots.bases[rows] + offsets
        good = wanted & (offsets > 0)
        good &= flat[at] == (self._number_id[stream] << 4 | 1)
        if good.all():
            numbers = flat[at + 1].astype(np.int64) << 8 | flat[at + 2]
            self.arrivals.receive(links, numbers, arrivals)
        elif good.any():
            at = at[good]
            numbers = flat[at + 1].astype(np.int64) << 8 | flat[at + 2]
            self.arrivals.receive(links[good], numbers, arrivals[good])

    def _locate(self, row: int, stream: int, extension: int) -> int:
        """The header of this stream has another shape from now on; where the number is in it."""
        base = int(self._slots.bases[row])
        packet = bytearray(self._slots.flat[base : base + HEADER_MOST].tobytes())
        packet[0] &= ~PADDING & 0xFF  # its length is encrypted
        header = Header()
        found = 0
        if header.read(packet, len(packet)):
            places = locate(packet, header.profile, header.extension, header.extension_end)
            place = places.get(int(self._number_id[stream]))
            found = place[0] - 1 if place else 0
        self._extension[stream], self._number_at[stream] = extension, found
        return found

    def _follow(self, stream: Ints, headers: Headers, now: float) -> Ints:
        """Count numbers and frames; the frame of each row, counted from the stream's first."""
        order = np.argsort(stream, kind="stable")
        sorted_stream = stream[order]
        is_first = np.empty(len(order), np.bool_)
        is_first[0] = True
        np.not_equal(sorted_stream[1:], sorted_stream[:-1], out=is_first[1:])
        firsts = np.flatnonzero(is_first)
        which = sorted_stream[firsts]
        lasts = np.append(firsts[1:], len(order)) - 1
        sequence, time = headers.sequence[order], headers.time[order]
        self._start(which, sequence[firsts], time[firsts])
        self.received[which] += lasts - firsts + 1
        self._follow_numbers(sorted_stream, sequence, firsts, lasts, now)
        before = np.empty_like(time)
        before[1:] = time[:-1]
        before[firsts] = self._time[which]
        steps = np.cumsum(time != before)
        ahead = steps[firsts] - (time[firsts] != before[firsts])
        run = np.repeat(np.arange(len(firsts)), lasts - firsts + 1)
        counted = steps - ahead[run] + self._frames[sorted_stream]
        self._frames[which] = counted[lasts]
        self._time[which] = time[lasts]
        frames: Ints = np.empty_like(counted)
        frames[order] = counted
        return frames

    def _start(self, which: Ints, sequence: Ints, time: Ints) -> None:
        is_new = self.highest[which] < 0
        if is_new.any():
            fresh = which[is_new]
            self.highest[fresh] = sequence[is_new] + 0xFFFF  # the wrap leaves it positive
            self.first[fresh] = sequence[is_new] + 0x10000
            self._time[fresh] = time[is_new]

    def _follow_numbers(
        self, stream: Ints, sequence: Ints, firsts: Rows, lasts: Rows, now: float
    ) -> None:
        """Whole streams by column, the others packet by packet."""
        highest = self.highest[stream]
        number = highest + ((sequence - highest + 0x8000) & 0xFFFF) - 0x8000
        before = np.empty_like(number)
        before[1:] = number[:-1]
        before[firsts] = self.highest[stream[firsts]]
        odd = number != before + 1
        if not odd.any():
            self.highest[stream[firsts]] = number[lasts]
            return
        is_odd = np.logical_or.reduceat(odd, firsts)
        whole = ~is_odd
        self.highest[stream[firsts[whole]]] = number[lasts[whole]]
        for first, last in zip(firsts[is_odd].tolist(), lasts[is_odd].tolist(), strict=True):
            self._follow_odd(int(stream[first]), number[first : last + 1].tolist(), now)

    def _follow_odd(self, stream: int, numbers: list[int], now: float) -> None:
        gaps = self.gaps.setdefault(stream, Gaps())
        highest = int(self.highest[stream])
        for number in numbers:
            in_order = number == highest + 1
            highest = number if in_order else gaps.receive(highest, number, now)
        self.highest[stream] = highest
        self._odd.add(stream)

    def _open(
        self, batch: Batch, rows: Rows, stream: Ints, arrivals: Ints, headers: Headers, frames: Ints
    ) -> None:
        """Decrypt what the sample wants, RTX always, and look into it."""
        if self._sample > 1:
            wanted = (headers.sequence % self._sample == 0) | ~self._is_verified[stream]
            wanted |= self.repairs[stream] >= 0
            chosen = np.flatnonzero(wanted)
            if not len(chosen):
                return
            rows, stream, arrivals = rows[chosen], stream[chosen], arrivals[chosen]
            frames = frames[chosen]
            headers = self._slots.read(rows)
        links = self.link[stream]
        results = np.array(self._sealer.unseal(batch, rows.tolist(), links.tolist()))
        self.tally.decrypted += len(rows)
        if results.any():
            self.tally.unauthentic += int((results != 0).sum())
            good = results == 0
            rows, stream, arrivals, frames = rows[good], stream[good], arrivals[good], frames[good]
            headers = self._slots.read(rows)
        self._is_verified[stream] = True
        self._look(batch, rows, stream, arrivals, headers, frames)

    def _look(
        self, batch: Batch, rows: Rows, stream: Ints, arrivals: Ints, headers: Headers, frames: Ints
    ) -> None:
        flat = self._slots.flat
        begins = self._slots.payloads(rows, headers)
        ends = self._slots.bases[rows] + batch.lengths[rows]
        if (headers.first & PADDING).any():
            padded = (headers.first & PADDING) > 0
            ends = np.where(padded, ends - flat[ends - 1], ends)
        repairing = self.repairs[stream] >= 0
        if repairing.any():
            for index in np.flatnonzero(repairing & (ends - begins > 2)).tolist():
                self._repair(int(stream[index]), int(begins[index]))
        full = np.flatnonzero((ends - begins >= probe.SIZE) & ~repairing)
        probes = probe.read(flat, ends[full])
        marked = full[probes.is_marked]
        self.tally.marked += len(marked)
        if self.is_measuring:
            sent = self.times.find(probes.time[probes.is_marked])
            latency = (arrivals[marked] - sent)[sent > 0]
            self.latency.add(latency.astype(np.float64) * 1e-9)
        video = self._is_video[stream[marked]]
        pictures = marked[video]
        if len(pictures):
            sources = probes.stream[probes.is_marked][video]
            self._check(stream[pictures], begins[pictures], frames[pictures], sources)

    def _check(self, stream: Ints, begins: Ints, frames: Ints, sources: Ints) -> None:
        """Picture ids go on by one with each frame, and another layer begins with a key frame."""
        flat = self._slots.flat
        is_wide = flat[begins + 2] >> 7  # 1: a picture id of 15 bits
        is_key = (flat[begins] & FRAME_BEGINS > 0) & (flat[begins + 3 + is_wide] & NO_KEY == 0)
        np.add.at(self.key_frames, stream[is_key], 1)
        changed = self._source[stream] != sources
        if changed.any():
            self._note_sources(stream[changed], sources[changed], is_key[changed])
        offset = self._offsets(stream, begins, frames)
        odd = self._picture[stream] != offset
        if odd.any():
            self._note_pictures(stream[odd], offset[odd])

    def _offsets(self, stream: Ints, begins: Ints, frames: Ints) -> Ints:
        """How far the picture ids are ahead of the frames.

        A server may write a small one with 7 bits (livekit-server does): it says as much as it can.
        """
        flat = self._slots.flat
        high = flat[begins + 2].astype(np.int64)
        wide = ((high & 0x7F) << 8 | flat[begins + 3]) - frames
        known = self._picture[stream]
        narrow = known + ((high - frames - known) & 0x7F)
        offsets: Ints = np.where(high & 0x80, wide, narrow) % PICTURES
        return offsets

    def _note_pictures(self, stream: Ints, offset: Ints) -> None:
        for row, found in zip(stream.tolist(), offset.tolist(), strict=True):
            known = self._picture[row]
            if row not in self._odd and known not in (UNKNOWN, found):
                self.tally.picture_breaks += 1
            self._picture[row] = found

    def _note_sources(self, stream: Ints, sources: Ints, is_key: NDArray[np.bool_]) -> None:
        rows = zip(stream.tolist(), sources.tolist(), is_key.tolist(), strict=True)
        for row, source, begins_with_key in rows:
            known = self._source[row]
            if known == source:
                continue
            self._source[row] = source
            self.tally.switches += int(known != UNKNOWN)
            if not begins_with_key and (self._sample == 1 or known == UNKNOWN):
                self.tally.switch_breaks += 1

    def _repair(self, stream: int, at: int) -> None:
        """An RTX packet begins with the number of the one it repeats (RFC 4588, section 4)."""
        self.tally.repairs += 1
        media = int(self.repairs[stream])
        highest = int(self.highest[media])
        number = int.from_bytes(self._slots.flat[at : at + 2].tobytes(), "big")
        if media in self.gaps and highest >= 0:
            self.gaps[media].repair(highest + ((number - highest + 0x8000) & 0xFFFF) - 0x8000)
