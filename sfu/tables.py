"""All numbers of clients, streams, subscriptions and packets, in arrays with named columns.

One place, no copy elsewhere. Code for single packets reads and writes the columns as attributes,
which are memoryviews (about 35 ns an access); code for batches takes the same memory as numpy
arrays from `arrays`. Rows of other tables are 64 bits wide: numpy takes such indices as they are,
and converts others each time. A table grows by doubling; what was read from it before must be read
again.
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
SHAPE = 15  # numbers that say where in its packets a stream has what: `layout.py`
SPARE_WORD = 12  # words of a header at most, where many are written together; one is beside them
ADDRESS = 28  # bytes of an address at most
NO_SOCKET = -2
REPEATED = -2  # instead of a stream's row: an SSRC of retransmissions

# flags of a packet
STARTS = 1  # the first packet of its frame
STARTS_KEY = 2  # a decoder may start here
LATE = 4  # a later number was here before
SYNC = 8  # needs nothing but the lowest temporal layer

CAPS = 2  # temporal caps that leave something out: 0 and 1


class Table:
    """Rows of columns. A subclass lists its columns as annotations.

    A third part of `Annotated` is the number of values per row: value `n` of a row stands at
    `row * width + n`.
    """

    _columns: ClassVar[dict[str, tuple[type, int]]] = {}

    def __init_subclass__(cls) -> None:
        cls._columns = {}
        for name, hint in cls.__annotations__.items():
            metadata = getattr(hint, "__metadata__", None)
            if metadata:
                dtype, width = (*metadata, 1)[:2]
                cls._columns[name] = dtype, width

    def __init__(self, capacity: int = 16) -> None:
        self.capacity = 0
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
        for name, (dtype, width) in self._columns.items():
            shape = (capacity, width) if width > 1 else (capacity,)
            array: NDArray[np.generic] = np.zeros(shape, dtype)
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
    rtt: F64  # seconds, 0 while unknown
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
    socket: I32  # number of our socket, NO_SOCKET without a path, `path.TCP` by a connection


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
    # What its packets have in common, learnt from them: `layout.py`.
    mask: Annotated[memoryview, np.uint32, LAYOUT]  # bits of a packet's start that never change
    want: Annotated[memoryview, np.uint32, LAYOUT]  # these bits
    shape: Annotated[memoryview, np.int64, SHAPE]
    inner: U8  # payload type in RED's blocks, 0 for another format
    is_steady: U8  # its usual packets need no decision; 0: look again (`Stream.settle`)
    fan_at: I64  # its subscriptions, in the list of `Fanout`
    fan_count: I64  # how many; NEVER: they must be listed again
    packets: I64  # regular ones, since the tracker of layers was told
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


class Subscriptions(Table):
    """One row for each forwarded track of each subscriber."""

    client: I64
    stream: I64  # the row it gets packets of, NEVER while paused
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
    head: Annotated[memoryview, np.uint32, SPARE_WORD + 1]  # words, most of them constant
    head_kind: I32  # how many, and which ones change: `heads.py`
    is_odd: U8  # its header is none that fits the columns above
    rtx_ssrc: U32  # 0: there is none
    rtx_payload_type: U8
    rtx_next: I64
    resent: I64  # packets
    report: U32  # middle 32 bits of the NTP time in our last sender report
    report_time: F64  # when it left
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
    payload: I64  # offset in the slot
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
