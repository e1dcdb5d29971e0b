"""RTCP to clients: reception of what they send, reports of what they get, lost packets."""

import numpy as np

from sfu.client import Client
from sfu.feedback import reception
from sfu.feedback.clock import FRACTION, middle
from sfu.feedback.remb import ReceiveEstimate
from sfu.publication import Stream
from sfu.rtcp import (
    CNAME,
    MID,
    Nack,
    Packet,
    ReceiverReport,
    ReferenceDelay,
    Remb,
    ReportBlock,
    SenderReport,
    SourceDescription,
    Twcc,
)
from sfu.state import State
from sfu.subscription import Subscription

UNIT = 65536  # of DLRR: a second
BLOCKS = 31  # report blocks of one packet
DATAGRAM = 1100  # bytes of plain RTCP in one datagram
OWN_NAME = b"housecall"


class Reporting:
    """What is due for a client (`report`) by deadlines."""

    def __init__(self, state: State) -> None:
        self._state = state

    def start(self, client: Client, now: float) -> None:
        interval = self._state.config.report_interval
        # Not all clients at the same moment.
        at = now + interval * (0.5 + self._state.random(8) / 512)
        self._state.deadlines.set(("report", client.row), at)

    def report(self, row: int, now: float) -> None:
        """Once a second: all reports of one client."""
        state = self._state
        client = state.clients[row]
        if client is None:
            return
        state.deadlines.set(("report", row), now + state.config.report_interval)
        if not client.is_ready:
            return
        packets = self._reception(client, now)
        packets += self._sending(client, now)
        for datagram in split(packets):
            state.send_control(client, datagram)

    def next_timeout(self) -> float:
        """When `handle_timeout` has something to do, seconds; infinity: never."""
        return min(self._state.nacks.due, self._state.arrivals.due, self._state.acks.due)

    def handle_timeout(self, now: float) -> None:
        state = self._state
        if state.arrivals.due <= now:
            for row, body in state.arrivals.take(now):
                client = state.client(row)
                media = next(iter(client.sources), 0)
                state.send_control(client, [Twcc(client.ssrc, media, body)])
        if state.acks.due <= now:
            state.acks.process()
        if state.nacks.due <= now:
            self._nack(now)

    def _nack(self, now: float) -> None:
        """What is missing of all streams: one datagram for each publisher, usually."""
        state = self._state
        asked: dict[int, list[Packet]] = {}
        for row, numbers in state.nacks.take(now, state.stream_table, state.client_table):
            stream = state.stream(row)
            client = stream.publication.client
            state.stats.nacks_out += len(numbers)
            nack = Nack(client.ssrc, stream.ssrc, numbers)
            asked.setdefault(client.row, []).append(nack)
        for row, packets in asked.items():
            client = state.client(row)
            for datagram in split(packets):
                state.send_control(client, datagram)

    # ---- about what the client sends

    def _reception(self, client: Client, now: float) -> list[Packet]:
        table = self._state.stream_table
        rows = [s.stream.row for s in client.sources.values() if not s.is_rtx]
        rows = [row for row in rows if table.base[row]]
        blocks = [
            ReportBlock.parse(block.tobytes(), 0)
            for block in reception.take_blocks(table, np.array(rows, np.int64), now)
        ]
        if not blocks:
            return []
        packets: list[Packet] = [
            ReceiverReport(client.ssrc, blocks[at : at + BLOCKS])
            for at in range(0, len(blocks), BLOCKS)
        ]
        packets.append(SourceDescription(client.ssrc, [(CNAME, OWN_NAME)]))
        packets += self._delay(client, now)
        packets += self._estimate(client, blocks)
        return packets

    def _delay(self, client: Client, now: float) -> list[Packet]:
        if client.reference_time is None:
            return []
        ssrc, middle_time, arrival = client.reference_time
        client.reference_time = None
        return [ReferenceDelay(client.ssrc, [(ssrc, middle_time, int((now - arrival) * UNIT))])]

    def _estimate(self, client: Client, blocks: list[ReportBlock]) -> list[Packet]:
        """REMB for a client without transport-cc."""
        if client.ids.transport_cc:
            return []
        if client.estimate is None:
            client.estimate = ReceiveEstimate()
        octets = self._state.client_table.bytes_in[client.row]
        received = (octets - client.octets_before) * 8 / self._state.config.report_interval
        client.octets_before = octets
        loss = max(block.fraction_lost for block in blocks) / 256
        bitrate = int(client.estimate.update(received, loss))
        return [Remb(client.ssrc, bitrate, [block.ssrc for block in blocks])]

    # ---- about what the client gets

    def _sending(self, client: Client, now: float) -> list[Packet]:
        packets: list[Packet] = []
        for ssrc, subscription in client.subscriptions.items():
            if ssrc != subscription.ssrc:
                continue
            row = self._state.subscription_table.stream[subscription.row]
            stream = self._state.streams[row] if row >= 0 else None
            if stream is not None and stream.clock.is_known:
                packets += self._sender_report(subscription, stream, now)
        return packets

    def _sender_report(
        self, subscription: Subscription, stream: Stream, now: float
    ) -> list[Packet]:
        """In the publisher's clock, so that its audio and video stay together."""
        table, row = self._state.subscription_table, subscription.row
        streams = self._state.stream_table
        elapsed = now - streams.clock_arrival[streams.clock[stream.row]]
        ntp = stream.clock.ntp + round(elapsed * FRACTION)
        rtp = stream.clock.rtp + round(elapsed * stream.clock.rate) + table.timestamp_offset[row]
        rtp &= 0xFFFFFFFF
        table.report[row] = middle(ntp)
        table.report_time[row] = now
        report = SenderReport(subscription.ssrc, ntp, rtp, table.packets[row], table.octets[row])
        items = [(CNAME, subscription.cname.encode()[:255])]
        if not subscription.is_acknowledged:
            items.append((MID, subscription.mid.encode()[:255]))
        return [report, SourceDescription(subscription.ssrc, items)]


def split(packets: list[Packet]) -> list[list[Packet]]:
    """Compounds that fit into a datagram each."""
    datagrams: list[list[Packet]] = []
    size = DATAGRAM
    for packet in packets:
        length = len(bytes(packet))
        if size + length > DATAGRAM:
            datagrams.append([])
            size = 0
        datagrams[-1].append(packet)
        size += length
    return datagrams
