"""Sender and receiver reports of all clients that are due, as bytes (RFC 3550, section 6.4)."""

import math
import struct

import numpy as np
from numpy.typing import NDArray

from sfu.loops import due as loops
from sfu.loops.due import BLOCK_SIZE, SENDER_SIZE
from sfu.rtcp.header import RECEIVER_REPORT
from sfu.tables import Clients, Octets, Streams, Subscriptions

BLOCKS = 31  # report blocks of one packet
DATAGRAM = 1100  # bytes of plain RTCP in one datagram

RECEIVER = struct.Struct("!BBHI")  # flags and count of blocks; type; words less one; our SSRC


class Due:
    """Who is to get a report now. Its numbers and bytes are of the last call."""

    def __init__(self, clients: Clients, streams: Streams, subscriptions: Subscriptions) -> None:
        self.next = math.inf  # seconds, when the next ones are due
        self._clients = clients
        self._streams = streams
        self._subscriptions = subscriptions
        self._marks: Octets = np.zeros(0, np.uint8)  # by row of the client

    def take(self, now: float, interval: float, early: float) -> list[int]:
        """The rows of the clients whose report is due; their next one is an interval later."""
        clients = self._clients
        if len(self._marks) < clients.capacity:
            self._marks = np.zeros(clients.capacity, np.uint8)
        marks, used = self._marks, clients.used
        self.next = loops.take_due(clients.rows, used, now, interval, early, marks)
        rows: list[int] = marks[:used].nonzero()[0].tolist()
        return rows

    def look(self) -> None:
        """When the next ones are due, somebody having left."""
        at = self._clients.array("report_at")[: self._clients.used]
        self.next = float(at[at > 0].min(initial=math.inf))

    def leave_out(self, row: int) -> None:
        """This client cannot be reached."""
        self._marks[row] = 0

    def reception(self, now: float) -> dict[int, bytes]:
        """The report blocks about what they send, by row of the client."""
        streams = self._streams
        owners, octets = np.empty(streams.used, np.int64), buffer(streams.used, BLOCK_SIZE)
        count = loops.write_blocks(streams.rows, streams.used, self._marks, now, owners, octets)
        blocks: dict[int, bytes] = {}
        for row, block in zip(owners[:count].tolist(), cut(octets, count, BLOCK_SIZE), strict=True):
            blocks[row] = blocks.get(row, b"") + block
        return blocks

    def sending(self, now: float) -> list[tuple[int, bytes]]:
        """Reports on what they get: row of the subscription, report."""
        table, streams = self._subscriptions, self._streams
        found, octets = np.empty(table.used, np.int64), buffer(table.used, SENDER_SIZE)
        count = loops.write_senders(
            table.rows, table.used, streams.rows, self._marks, now, found, octets
        )
        return list(zip(found[:count].tolist(), cut(octets, count, SENDER_SIZE), strict=True))


def buffer(records: int, size: int) -> NDArray[np.uint8]:
    return np.empty(records * size, np.uint8)


def cut(octets: Octets, count: int, size: int) -> list[bytes]:
    """Its first so many records."""
    data = octets[: count * size].tobytes()
    return [data[at : at + size] for at in range(0, len(data), size)]


def receiver_reports(ssrc: int, blocks: bytes) -> list[bytes]:
    """As many packets as all blocks need, one at least."""
    most = BLOCKS * BLOCK_SIZE
    parts = [blocks[at : at + most] for at in range(0, len(blocks), most)]
    return [
        RECEIVER.pack(0x80 | len(part) // BLOCK_SIZE, RECEIVER_REPORT, 1 + len(part) // 4, ssrc)
        + part
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
