"""Which stream an SSRC belongs to that was not seen before.

In this order: the SSRC of the description; mid and rid; mid alone, when the publication has one
layer; repaired-rid and RTX's payload type for retransmissions, which may come before any media
(measured with Chromium and PyPI livekit); the payload type, when only one publication has it.
"""

from sfu import extensions
from sfu.client import Client, Source
from sfu.extensions import Elements
from sfu.media import Encoding
from sfu.publication import Publication, Stream
from sfu.rtp import Header
from sfu.sources import code
from sfu.state import State, place
from sfu.tables import NEVER, REPEATED


class Learner:
    """Finds or makes streams. What it has learnt stands in `Client.sources`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def announce(self, publication: Publication) -> None:
        """Take the SSRCs that the description names."""
        for encoding in publication.encodings:
            if encoding.ssrc:
                self._learn(publication, encoding.quality, encoding.ssrc, is_rtx=False)
            if encoding.rtx_ssrc:
                self._learn(publication, encoding.quality, encoding.rtx_ssrc, is_rtx=True)

    def learn(
        self, client: Client, header: Header, data: bytes, elements: Elements
    ) -> Source | None:
        """The meaning of an unknown SSRC; None when no publication matches."""
        ids = client.ids
        mid = text(data, elements, ids.mid)
        rid = text(data, elements, ids.rid)
        repaired = text(data, elements, ids.repaired_rid)
        publication = self._publication(client, mid, header.payload_type)
        if publication is None or len(client.sources) >= self._state.config.max_streams:
            return None
        encoding = pick(publication, rid or repaired)
        if encoding is None:
            return None
        is_rtx = bool(repaired) or header.payload_type in publication.types.originals
        return self._learn(publication, encoding.quality, header.ssrc, is_rtx=is_rtx)

    def forget(self, stream: Stream) -> None:
        """Its SSRCs mean nothing any more, and its row is free."""
        client = stream.publication.client
        for ssrc in (stream.ssrc, stream.rtx_ssrc):
            source = client.sources.get(ssrc)
            if source is not None and source.stream is stream:
                self._forget(client, ssrc)
        self._state.nacks.remove(stream.row)
        self._state.deadlines.set(("keys", stream.row), None)
        self._state.layouts.forget(stream)
        self._state.fanout.remove(stream.row)
        self._state.streams[stream.row] = None
        self._state.stream_table.base[stream.row] = 0  # nothing is reported of it
        self._state.stream_table.remove(stream.row)

    def add(self, publication: Publication, quality: int, ssrc: int) -> Stream:
        """A stream with a row of its own, which nothing leads to yet."""
        state = self._state
        row = state.stream_table.add()
        table = state.stream_table
        table.client[row] = publication.client.row
        table.layer[row] = quality
        table.ssrc[row] = ssrc
        table.is_audio[row] = publication.is_audio
        if publication.level is not None:
            table.voice[row] = publication.level.row
        streams = publication.streams.values()
        table.group[row] = next((stream.row for stream in streams), row)
        table.highest[row] = table.timestamp[row] = table.fan_count[row] = NEVER
        table.array("seen")[row] = 0xFFFF  # a cycle that comes after 64 million packets
        stream = Stream(table, row, publication, quality, ssrc)
        place(state.streams, row, stream)
        return stream

    @staticmethod
    def _publication(client: Client, mid: str, payload_type: int) -> Publication | None:
        publications = client.publications.values()
        if mid:
            return next((p for p in publications if p.mid == mid), None)
        found = [p for p in publications if payload_type in p.types]
        return found[0] if len(found) == 1 else None

    def _learn(self, publication: Publication, quality: int, ssrc: int, *, is_rtx: bool) -> Source:
        stream = publication.streams.get(quality)
        if stream is None:
            stream = self.add(publication, quality, 0)
            publication.streams[quality] = stream
        sources = publication.client.sources
        old = stream.rtx_ssrc if is_rtx else stream.ssrc
        if old and old != ssrc:
            self._forget(publication.client, old)
        if is_rtx:
            stream.rtx_ssrc = ssrc
        else:
            self._take_ssrc(stream, ssrc)
        source = Source(stream, is_rtx)
        sources[ssrc] = source
        row = REPEATED if is_rtx else stream.row
        self._state.sources.set(code(publication.client.row, ssrc), row)
        return source

    def _forget(self, client: Client, ssrc: int) -> None:
        client.sources.pop(ssrc, None)
        self._state.sources.remove(code(client.row, ssrc))

    def _take_ssrc(self, stream: Stream, ssrc: int) -> None:
        """A layer that comes by another SSRC than before begins its numbering anew."""
        stream.is_restarted = stream.is_restarted or (stream.ssrc not in (0, ssrc))
        stream.unsettle()
        stream.ssrc = ssrc
        self._state.stream_table.ssrc[stream.row] = ssrc


def pick(publication: Publication, rid: str) -> Encoding | None:
    """The layer of a rid; without one, the only layer."""
    encodings = publication.encodings
    if rid:
        return next((e for e in encodings if e.rid == rid), None)
    return encodings[0] if len(encodings) == 1 else None


def text(data: bytes, elements: Elements, number: int) -> str:
    place = elements.get(number) if number else None
    return "" if place is None else extensions.text(data, place)
