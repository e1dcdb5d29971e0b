"""RTCP to clients, for all that are due together: reports, arrivals, lost packets."""

import math

from sfu.client import Client
from sfu.feedback.clock import ntp_from_seconds
from sfu.feedback.remb import ReceiveEstimate
from sfu.feedback.reports import Due, join, receiver_reports
from sfu.feedback.round_trips import UNIT
from sfu.loops.due import BLOCK_SIZE
from sfu.rtcp import (
    CNAME,
    Nack,
    Packet,
    ReferenceDelay,
    ReferenceTime,
    Remb,
    SourceDescription,
    Twcc,
    compound,
)
from sfu.state import State

# Moments of an interval at which reports leave. Media waits for those of one moment; and each costs
# something, however few clients are due: with few clients they are fewer.
TICKS, FEW_TICKS = 20, 5
FEW = 40  # clients
OWN_NAME = b"housecall"


class Reporting:
    """`handle_timeout` at `next_timeout`. Each kind has one deadline, not one for each client."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._due = math.inf  # when reports are
        tables = state.client_table, state.stream_table, state.subscription_table
        self._reports = Due(*tables)

    def start(self, client: Client, now: float) -> None:
        state = self._state
        # Not all clients at the same moment.
        at = now + state.config.report_interval * (0.5 + state.random(8) / 512)
        state.client_table.report_at[client.row] = at
        self._due = min(self._due, self._on_grid(at))

    def stop(self, client: Client) -> None:
        self._state.client_table.report_at[client.row] = 0.0
        self._reports.look()
        self._due = self._on_grid(self._reports.next)

    def next_timeout(self) -> float:
        """Seconds; infinity: never."""
        state = self._state
        return min(self._due, state.nacks.due, state.arrivals.due)

    def handle_timeout(self, now: float) -> None:
        state = self._state
        if state.arrivals.due <= now:
            self._feed_back(now)
        if state.nacks.due <= now:
            self._ask(now)
        if self._due <= now:
            self._report(now)

    @property
    def _tick(self) -> float:
        """Seconds between two moments."""
        ticks = FEW_TICKS if len(self._state.by_name) <= FEW else TICKS
        return self._state.config.report_interval / ticks

    def _on_grid(self, at: float) -> float:
        tick = self._tick
        return at if at == math.inf else round(at / tick) * tick

    def _feed_back(self, now: float) -> None:
        """Transport-wide arrivals."""
        state = self._state
        for row, body in state.arrivals.take(now):
            client = state.client(row)
            media = next(iter(client.sources), 0)
            state.send_control(client, [Twcc(client.ssrc, media, body)])

    def _ask(self, now: float) -> None:
        """For what is missing of all streams: one datagram to each publisher, usually."""
        state = self._state
        asked: dict[int, list[bytes]] = {}
        for row, numbers in state.nacks.take(now, state.stream_table, state.client_table):
            stream = state.stream(row)
            client = stream.publication.client
            state.stats.nacks_out += len(numbers)
            nack = bytes(Nack(client.ssrc, stream.ssrc, numbers))
            asked.setdefault(client.row, []).append(nack)
        for row, parts in asked.items():
            self._send(state.client(row), parts)

    def _send(self, client: Client, parts: list[bytes]) -> None:
        for datagram in join(parts):
            self._state.send_compound(client, datagram)

    # ---- reports

    def _report(self, now: float) -> None:
        state, due = self._state, self._reports
        clients = {row: state.client(row) for row in self._take(now)}
        for row in [row for row, client in clients.items() if not client.is_ready]:
            due.leave_out(row)
            del clients[row]
        blocks = due.reception(now)
        parts: dict[int, list[bytes]] = {}
        references = state.client_table.reference_at
        for row, client in clients.items():
            own = blocks.get(row, b"")
            if own or references[row]:
                parts[row] = self._reception(client, own, now)
        owners = state.subscription_table.client
        for row, report in due.sending(now):
            description = state.subscription(row).description
            parts.setdefault(owners[row], []).append(report + description)
        for row, own_parts in parts.items():
            self._send(clients[row], own_parts)

    def _take(self, now: float) -> list[int]:
        """The rows of the clients that are due."""
        rows = self._reports.take(now, self._state.config.report_interval, self._tick / 2)
        self._due = self._on_grid(self._reports.next)
        return rows

    def _reception(self, client: Client, blocks: bytes, now: float) -> list[bytes]:
        """About what the client sends."""
        rest: list[Packet] = [SourceDescription(client.ssrc, [(CNAME, OWN_NAME)])]
        table, row = self._state.client_table, client.row
        if arrival := table.reference_at[row]:
            table.reference_at[row] = 0.0
            delay = max(int((now - arrival) * UNIT), 0)
            told = table.reference_ssrc[row], table.reference[row], delay
            rest.append(ReferenceDelay(client.ssrc, [told]))
        if blocks:
            # Comes back with the client's delay: a publisher's round trip is known by that alone.
            rest.append(ReferenceTime(client.ssrc, ntp_from_seconds(now)))
            if not client.ids.transport_cc:
                rest.append(self._estimate(client, blocks))
        *first, last = receiver_reports(client.ssrc, blocks)
        return [*first, last + compound(rest)]

    def _estimate(self, client: Client, blocks: bytes) -> Remb:
        """For a client without transport-cc."""
        if client.estimate is None:
            client.estimate = ReceiveEstimate()
        octets = self._state.client_table.bytes_in[client.row]
        received = (octets - client.octets_before) * 8 / self._state.config.report_interval
        client.octets_before = octets
        worst = max(blocks[4::BLOCK_SIZE]) / 256  # the octet with the fraction lost
        bitrate = int(client.estimate.update(received, worst))
        ssrcs = [
            int.from_bytes(blocks[at : at + 4], "big") for at in range(0, len(blocks), BLOCK_SIZE)
        ]
        return Remb(client.ssrc, bitrate, ssrcs)
