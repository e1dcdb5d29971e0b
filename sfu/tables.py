"""All numbers of clients, streams, subscriptions and packets, in rows with named columns.

One place, no copy elsewhere, seen in three ways. Compiled loops (`turn/compiling.py`) take `rows`,
in which what is known of one thing stands side by side. Code for single packets reads and writes
columns as attributes, which are memoryviews (about 35 ns an access); code for batches of reports
takes columns as numpy arrays from `arrays`. Rows of other tables are 64 bits wide: numpy takes such
indices as they are, and converts others each time. A table grows by doubling; what was read from it
before must be read again.
"""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

U8 = Annotated[memoryview, np.uint8]
U16 = Annotated[memoryview, np.uint16]
U32 = Annotated[memoryview, np.uint32]
I32 = Annotated[memoryview, np.int32]
I64 = Annotated[memoryview, np.int64]
U64 = Annotated[memoryview, np.uint64]
F64 = Annotated["memoryview[float]", np.float64]

WINDOW = 1024  # sequence numbers in which a stream recognises duplicates
LOST_BIT = 0x8000  # in the log, beside the bytes: reported lost
LOG = 2048  # packets of which a client's transport-wide numbers are remembered
NEVER = -1
LAYOUT = 16  # words of a packet's start that are compared
HEAD_WORDS = 12  # words of a header at most, where it is written by compiled loops
ADDRESS = 28  # bytes of an address at most
NO_SOCKET = -2
WITHIN = True
INT = np.int64
REPEATED = -2  # instead of a stream's row: an SSRC of retransmissions

# flags of a packet
STARTS = 1  # the first packet of its frame
STARTS_KEY = 2  # a decoder may start here
LATE = 4  # a later number was here before
SYNC = 8  # needs nothing but the lowest temporal layer
OPENS = 16  # nothing from here on needs an older picture of a higher temporal layer

Rows = NDArray[np.void]
Row = Any  # one of them
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Octets = NDArray[np.uint8]
Shorts = NDArray[np.int32]
Numbers = NDArray[np.uint16]
Words = NDArray[np.uint32]
Longs = NDArray[np.uint64]

CAPS = 2  # temporal caps that leave something out: 0 and 1


def record(fields: list[Any]) -> np.dtype[np.void]:
    """The type of rows whose fields are attributes, for compiled loops."""
    return np.dtype((np.record, np.dtype(fields, align=True)))


def row_of(**fields: type) -> np.dtype[np.void]:
    """Likewise, of rows that are needed for one batch. No name may be one of numpy's own."""
    assert not any(hasattr(np.record, name) for name in fields)
    return record(list(fields.items()))


class Table:
    """Rows of columns. A subclass lists its columns as annotations.

    A third part of `Annotated` is the number of values per row. Such columns are arrays of their
    own: value `n` of a row stands at `row * width + n`. With `WITHIN` as the fourth they are part
    of the row, and there are no attributes for them.
    """

    ROW: ClassVar[np.dtype[np.void]]  # the type of its rows
    _wide: ClassVar[dict[str, tuple[type, int]]] = {}

    def __init_subclass__(cls) -> None:
        narrow: list[Any] = []
        cls._wide = {}
        for name, hint in cls.__annotations__.items():
            metadata: Any = getattr(hint, "__metadata__", ())
            if len(metadata) == 2:
                cls._wide[name] = metadata
            elif metadata:
                dtype, *width = metadata
                narrow.append((name, dtype, (width[0],)) if width else (name, dtype))
        cls.ROW = record(narrow)

    def __init__(self, capacity: int = 16) -> None:
        self.capacity = 0
        self.rows: Rows = np.zeros(0, self.ROW)
        self._arrays: dict[str, NDArray[Any]] = {}
        self._free: list[int] = []
        self._used = 0  # rows from here on were never added
        self.on_grow: list[Callable[[], None]] = []  # to be told when the columns are others
        self.reserve(capacity)

    @property
    def used(self) -> int:
        """Rows from here on were never added."""
        return self._used

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The columns for vector code, one- or two-dimensional."""
        return self._arrays

    def array(self, name: str) -> NDArray[Any]:
        """One of them."""
        return self._arrays[name]

    def reserve(self, capacity: int) -> None:
        """Have at least so many rows; new ones are zero."""
        if capacity <= self.capacity:
            return
        capacity = max(capacity, self.capacity * 2)
        rows: Rows = np.zeros(capacity, self.ROW)
        if self.capacity:
            rows[: self.capacity] = self.rows
        self.rows = rows
        for name in self.ROW.names or ():
            column = self._arrays[name] = rows[name]
            if column.ndim == 1:
                setattr(self, name, column.data)
        for name, (dtype, width) in self._wide.items():
            array: NDArray[np.generic] = np.zeros((capacity, width), dtype)
            if self.capacity:
                array[: self.capacity] = self._arrays[name]
            self._arrays[name] = array
            setattr(self, name, array.reshape(-1).data)
        self.capacity = capacity
        for tell in self.on_grow:
            tell()

    def add(self) -> int:
        """A free row, all zero."""
        if self._free:
            row = self._free.pop()
            for array in self._arrays.values():
                array[row] = 0
            return row
        row = self._used
        self._used += 1
        self.reserve(self._used)
        return row

    def remove(self, row: int) -> None:
        self._free.append(row)


class Clients(Table):
    """One row for each transport."""

    twcc: I64  # the next transport-wide number, extended
    log: Annotated[memoryview, np.int64, LOG]  # by number: microseconds << 16 | bytes; 0: acked
    ssrc: U32  # ours, as the sender of feedback
    rtt: F64  # seconds, 0 while unknown
    reference_ssrc: U32  # who has told us its clock, to be sent back
    reference: U32  # middle 32 bits of its NTP time
    reference_at: F64  # seconds, when that came; 0: nothing is to be sent back
    acked: I64  # bytes that transport-wide feedback has confirmed
    confirmed: I64  # packets likewise
    lost: I64  # packets that it reported lost
    remb: I64  # bits/s, the client's own estimate; 0 without one
    report_at: F64  # seconds, when the client's next report is due; 0: it gets none
    reported: F64  # seconds, when the last report of arrivals left; at first the first arrival
    report_number: U8  # of the next report
    uncovered: I64  # the first number that no report has covered, extended; 0 before the first
    bytes_in: I64
    address: Annotated[memoryview, np.uint8, ADDRESS]  # the path's `key`
    address_size: U8
    has_keys: U8  # its packets can be unsealed
    heard_at: F64  # seconds, when the last RTCP came
    socket: I32  # number of our socket, NO_SOCKET without a path, `path.TCP` by a connection
    # Of the reports that are being made (`loops/reports.py`); good in their turn alone.
    told_turn: I64
    told: I64  # packets that wait to be reported
    told_first: I64  # by place in the list of those that wait; each names the next
    told_last: I64
    told_end: U8  # the last of a frame is among them
    told_due: U8
    # Of the batch that is being sorted or spread (`loops/`); good in its turn alone.
    new_turn: I64  # the last turn in which it had a source that is not known
    chain_turn: I64
    chain_first: I64  # its first row; each names the next
    chain_last: I64
    chain_next: I64  # the client behind it

    @property
    def log_rows(self) -> Ints:
        """As an array."""
        return self._arrays["log"]

    @property
    def address_rows(self) -> Octets:
        return self._arrays["address"]


class Streams(Table):
    """One row for each incoming SSRC of media, and for each translation of one."""

    client: I64
    ssrc: U32
    layer: I32  # its quality, LOW 0 to HIGH 2; 0 for audio
    highest: I64  # extended sequence number, NEVER before the first packet
    removed: I64  # numbers taken out so far: number = sequence - removed
    timestamp: I64  # of the highest packet, 32 bits; NEVER before the first
    seen: Annotated[memoryview, np.uint16, WINDOW]  # by sequence: the low bits of its cycle
    is_audio: U8
    group: I64  # the same for all streams of a publication
    # What its packets have in common, learnt from them: `layout.py`, which says what stands where.
    mask: Annotated[memoryview, np.uint32, LAYOUT, WITHIN]  # bits of a start that never change
    want: Annotated[memoryview, np.uint32, LAYOUT, WITHIN]  # these bits
    words: U8  # of them that count
    format: U8
    body: U8
    second: U8
    twcc_at: U8
    level_at: U8
    voice: I64  # of audio: its row in `Voices`
    picture_at: U8
    is_wide: U8
    tl0_at: U8
    key_at: U8
    is_opaque: U8  # video that we cannot look into: any frame may be a start
    inner: U8  # payload type in RED's blocks, 0 for another format
    is_steady: U8  # its usual packets need no decision; 0: look again (`Stream.settle`)
    passes_starts: U8  # nor where a decoder may start: nobody waits (`Stream.note_start`)
    fan_at: I64  # its subscriptions, in the list of `Fanout`
    fan_count: I64  # how many; NEVER: they must be listed again
    fan_odd: I64  # how many more must be written one by one
    packets: I64  # regular ones, since the tracker of layers was told
    # Of the batch that is being taken (`loops/take.py`); good in its turn alone.
    turn: I64
    ahead: I64  # number of its last packet so far
    ahead_timestamp: I64
    odd_turn: I64  # the last turn in which a packet of this group was not regular
    chain_turn: I64
    chain_first: I64  # its first packet, by place among those taken; each names the next
    chain_last: I64
    rate: I32  # Hz of the RTP clock
    base: I64  # the number from which on loss is counted, 0 before the first packet
    received: I64  # packets since then, duplicates not among them
    expected_before: I64  # packets, at the last report
    received_before: I64
    jitter: F64  # in units of the RTP clock
    sampled: I64  # timestamp of the packet that it was measured at last; NEVER before
    transit: F64  # arrival less timestamp of that packet, in units of the RTP clock
    clock: I64  # row with its sender's clock: its own, or of what it is translated from
    clock_ntp: U64  # NTP time in the sender's last report, 0 before
    clock_rtp: U32  # the same moment in the stream's clock
    clock_arrival: F64  # seconds, when that report came

    @property
    def seen_rows(self) -> Numbers:
        """As an array."""
        return self._arrays["seen"]


class Subscriptions(Table):
    """One row for each forwarded track of each subscriber."""

    client: I64
    stream: I64  # the row it gets packets of, NEVER while paused
    source: I64  # the row its last packets came from, NEVER before the first
    ssrc: U32
    payload_type: U8
    cap: U8  # highest temporal layer that passes; CAPS is all
    inner: U8  # payload type of Opus to write into RED's blocks, 0: leave them
    epoch: I64  # the first number for which the offsets are good
    sequence_offset: I64
    timestamp_offset: I64
    timestamp_shift: I64  # how far the offset is beyond the true one, since times only grow
    id_offset: U32  # of VP8's ids, packed: `rewrite/ids.py`
    next: I64  # extended number of the next packet
    last_timestamp: I64  # 32 bits, of the newest packet; NEVER before the first
    last_time: F64  # seconds, when it left
    last_ids: U32  # of VP8, packed
    packets: I64
    octets: I64  # of payload
    history: I64  # its first row in `History`
    depth: I64  # rows there, a power of two
    repeats: I64  # its first row in `Repeats`, NEVER with RTX
    head: Annotated[memoryview, np.uint32, HEAD_WORDS, WITHIN]  # most of them constant
    head_kind: I32  # how many, and which ones change: `heads.py`
    is_odd: U8  # its header is none that fits the columns above, or its payloads are others
    rtx_ssrc: U32  # 0: there is none
    rtx_payload_type: U8
    rtx_next: I64
    resent: I64  # packets
    report: U32  # middle 32 bits of the NTP time in our last sender report
    report_time: F64  # when it left
    has_reported: U8  # and what it reports changes numbers only: loops read it (`loops/blocks.py`)
    fraction_lost: F64  # 0..1, as the subscriber reported last
    lost: I64
    jitter: F64  # seconds
    rtt: F64  # seconds, 0 while unknown


class Packets(Table):
    """One row for each slot of the ring. What many packets need is as wide as it is computed."""

    stream: I64  # not of regular packets, which go on at once
    number: I64  # extended sequence number without what was removed
    timestamp: I64  # 32 bits
    marker: I64  # 0x80 or 0
    flags: U8
    payload: I64  # where it stands in the ring's memory
    size: I64  # bytes of payload
    temporal: U8  # temporal layer
    skip: U8  # bit n: not for subscribers with temporal cap n
    dropped: Annotated[memoryview, np.int32, CAPS]  # by cap: packets left out before this one
    pictures: Annotated[memoryview, np.int32, CAPS]  # by cap: pictures left out
    ids_at: I64  # where VP8's ids are in the payload, 0 without any: `rewrite/ids.py`
    picture: U16
    tl0: U8
    key: U8

    def clear(self, slot: int) -> None:
        """A new packet: what most have not is zero."""
        self.flags[slot] = self.skip[slot] = self.temporal[slot] = self.ids_at[slot] = 0
        at = slot * CAPS
        self.dropped[at] = self.dropped[at + 1] = self.pictures[at] = self.pictures[at + 1] = 0
