"""Sender and receiver reports of all clients that are due, as bytes (RFC 3550, section 6.4)."""

import struct

import numpy as np
from numpy.typing import NDArray

from sfu.feedback import reception
from sfu.feedback.clock import FRACTION
from sfu.rtcp.header import RECEIVER_REPORT, SENDER_REPORT
from sfu.runs import runs
from sfu.tables import NEVER, Clients, Streams, Subscriptions

BLOCKS = 31  # report blocks of one packet
DATAGRAM = 1100  # bytes of plain RTCP in one datagram

RECEIVER = struct.Struct("!BBHI")  # flags and count of blocks; type; words less one; our SSRC
SENDER = np.dtype(
    [("head", ">u4"), ("ssrc", ">u4"), ("ntp", ">u8"), ("rtp", ">u4"), ("packets", ">u4"),
     ("octets", ">u4")]
)  # fmt: skip
SENDER_HEAD = 0x80 << 24 | SENDER_REPORT << 16 | SENDER.itemsize // 4 - 1

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def take_due(table: Clients, now: float, interval: float, early: float) -> Bools:
    """By row of the client: is its report due? If so, the next one is an interval later."""
    at = table.array("report_at")
    due: Bools = (at > 0) & (at <= now + early)
    at[due] = np.maximum(at[due], now - interval / 2) + interval
    return due


def next_due(table: Clients) -> float | None:
    at = table.array("report_at")
    at = at[at > 0]
    return float(at.min()) if len(at) else None


def take_reception(table: Streams, clients: Bools, now: float) -> dict[int, bytes]:
    """The report blocks about what these clients send, by row of the client."""
    owner = table.array("client")
    rows = np.flatnonzero((table.array("base") != 0) & clients[owner])
    rows = rows[np.argsort(owner[rows], kind="stable")]
    return by_client(owner[rows], reception.take_blocks(table, rows, now))


def take_sending(
    table: Subscriptions, streams: Streams, clients: Bools, now: float
) -> list[tuple[int, int, bytes]]:
    """Reports on what these clients get: rows of client and subscription, report.

    In the publisher's clock, so that its audio and video stay together. There is none while the
    publisher has not said what its clock is.
    """
    used = slice(table.used)
    owner, source = table.array("client")[used], table.array("stream")[used]
    rows = np.flatnonzero((source != NEVER) & clients[owner])
    clock = streams.array("clock")[source[rows]]
    is_known = streams.array("clock_ntp")[clock] != 0
    rows, clock = rows[is_known], clock[is_known]
    order = np.argsort(owner[rows], kind="stable")
    rows, clock = rows[order], clock[order]
    reports = _write(table, streams, rows, clock, now).tobytes()
    return [
        (client, row, reports[at : at + SENDER.itemsize])
        for client, row, at in zip(
            owner[rows].tolist(), rows.tolist(), range(0, len(reports), SENDER.itemsize),
            strict=True,
        )
    ]  # fmt: skip


def _write(
    table: Subscriptions, streams: Streams, rows: Ints, clock: Ints, now: float
) -> NDArray[np.void]:
    elapsed = now - streams.array("clock_arrival")[clock]
    since = np.rint(elapsed * FRACTION).astype(np.int64).astype(np.uint64)
    ntp = streams.array("clock_ntp")[clock] + since
    ticks = np.rint(elapsed * streams.array("rate")[clock]).astype(np.int64)
    rtp = streams.array("clock_rtp")[clock] + ticks + table.array("timestamp_offset")[rows]
    table.array("report")[rows] = ntp >> 16 & 0xFFFFFFFF
    table.array("report_time")[rows] = now
    reports: NDArray[np.void] = np.zeros(len(rows), SENDER)
    reports["head"] = SENDER_HEAD
    reports["ssrc"] = table.array("ssrc")[rows]
    reports["ntp"] = ntp
    reports["rtp"] = rtp & 0xFFFFFFFF
    reports["packets"] = table.array("packets")[rows] & 0xFFFFFFFF
    reports["octets"] = table.array("octets")[rows] & 0xFFFFFFFF
    return reports


def by_client(clients: Ints, records: NDArray[np.void]) -> dict[int, bytes]:
    """The bytes of each client's records, which are sorted by clients."""
    starts, _ = runs(clients)
    size, data = records.itemsize, records.tobytes()
    ends = [*starts.tolist(), len(clients)]
    return {
        client: data[start * size : end * size]
        for client, start, end in zip(clients[starts].tolist(), ends, ends[1:], strict=False)
    }


def receiver_reports(ssrc: int, blocks: bytes) -> list[bytes]:
    """As many packets as all blocks need, one at least."""
    size = reception.BLOCK.itemsize
    parts = [blocks[at : at + BLOCKS * size] for at in range(0, len(blocks), BLOCKS * size)]
    return [
        RECEIVER.pack(0x80 | len(part) // size, RECEIVER_REPORT, 1 + len(part) // 4, ssrc) + part
        for part in parts or [b""]
    ]


def join(parts: list[bytes]) -> list[bytes]:
    """Datagrams of whole parts, each of which may begin one."""
    datagrams: list[bytes] = []
    waiting: list[bytes] = []
    size = 0
    for part in parts:
        if waiting and size + len(part) > DATAGRAM:
            datagrams.append(b"".join(waiting))
            waiting, size = [], 0
        waiting.append(part)
        size += len(part)
    if waiting:
        datagrams.append(b"".join(waiting))
    return datagrams
