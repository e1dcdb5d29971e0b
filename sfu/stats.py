"""Counters of one media process, and what it has to tell at a scrape."""

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Self

from sfu.drop import Drop

BATCH_SIZES = tuple(1 << n for n in range(10))  # upper bounds of the buckets: 1, 2, 4 ... 512
# Seconds, likewise.
PAUSES = (0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.0025, 0.005, 0.01, 0.05)


@dataclass(slots=True)
class Counts:
    """Since the start. Packets are RTP ones; bytes are those of the datagrams."""

    packets_in: int = 0
    bytes_in: int = 0
    packets_out: int = 0
    bytes_out: int = 0
    control_in: int = 0  # RTCP datagrams
    control_out: int = 0
    repaired: int = 0  # packets that publishers sent again
    resent: int = 0  # packets that we sent again
    nacks_in: int = 0  # packets that subscribers asked for again
    nacks_out: int = 0  # packets that we asked publishers for again
    plis_in: int = 0  # key frames that subscribers asked for
    firs_in: int = 0  # likewise, the other way to ask
    key_requests: int = 0  # PLIs sent to publishers
    switches: int = 0  # changes of layer
    batched: int = 0  # datagrams of all batches: media, RTCP, STUN, DTLS
    # `batches[n]` counts those of at most `BATCH_SIZES[n]` datagrams.
    batches: list[int] = field(default_factory=lambda: [0] * (len(BATCH_SIZES) + 1))


@dataclass(slots=True)
class Stats(Counts):
    """What the media plane counts."""

    dropped: Counter[Drop] = field(default_factory=Counter)


@dataclass(slots=True)
class NodeStats(Counts):
    """All of one media process, in plain values, since it may come from another process.

    The node fills in what it has counted and what is there now, the shell around it the rest.
    """

    node: str = ""  # its id
    rooms: int = 0
    participants: int = 0
    published: dict[str, int] = field(default_factory=dict)  # tracks by `media.Kind`
    subscribed: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)  # by `Drop` and `DataDrop`
    ring: int = 0  # bytes
    memory: int = 0  # bytes resident in the process
    cpu_seconds: float = 0.0  # of the process, user and system
    busy_seconds: float = 0.0  # in which the media loop was at work, waiting excluded
    socket_drops: int = 0  # datagrams that came while the receive buffer was full
    unsent: int = 0  # datagrams that the system did not take
    gc_pauses: list[int] = field(default_factory=list)  # by `PAUSES`, then the longer ones
    gc_seconds: float = 0.0  # of processor time, all pauses together
    slow: list[int] = field(default_factory=list)  # by `PAUSES`: all but media, between two drains
    slow_seconds: float = 0.0  # of processor time, all of that together

    @classmethod
    def of(cls, counts: Counts) -> Self:
        """With these counts as they stand now."""
        values = {one.name: getattr(counts, one.name) for one in fields(Counts)}
        return cls(**values | {"batches": list(counts.batches)})
