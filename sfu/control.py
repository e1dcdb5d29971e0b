"""RTCP from clients: what it says of their streams, and what they ask of ours."""

from collections.abc import Callable
from typing import Any

from sfu import rtcp
from sfu.client import Client
from sfu.drop import Drop
from sfu.feedback.clock import middle
from sfu.feedback.round_trips import LONGEST, UNIT, round_trip, smooth
from sfu.keyframes import KeyFrames
from sfu.playout import Playout
from sfu.retransmit import Retransmitter
from sfu.router import Router
from sfu.state import State
from sfu.subscription import Subscription


class Control:
    """`receive` one datagram of RTCP."""

    def __init__(
        self, state: State, router: Router, keys: KeyFrames, retransmitter: Retransmitter
    ) -> None:
        self._state = state
        self._router = router
        self._keys = keys
        self._retransmitter = retransmitter

    def receive(self, client: Client, data: bytes, arrival: float, now: float) -> None:
        """`arrival`: seconds, when the datagram came."""
        protection = client.endpoint.protection
        if protection is None:
            return self._state.drop(Drop.NOT_READY)
        plain = protection.unprotect_rtcp(data)
        if plain is None:
            return self._state.drop(Drop.UNAUTHENTIC)
        self._state.stats.control_in += 1
        self._state.note_control(client, int.from_bytes(plain[4:8], "big"))
        self._state.client_table.heard_at[client.row] = now
        return self.read(client, plain, arrival, now)

    def read(self, client: Client, plain: bytes, arrival: float, now: float) -> None:
        """What a datagram holds, once it is unsealed."""
        for packet in rtcp.parse(plain):
            kind = type(packet)
            if kind in REPORTS:
                REPORTS[kind](self, client, packet, arrival)
            elif kind in REQUESTS:
                REQUESTS[kind](self, client, packet, now)

    def sender_report(self, client: Client, packet: rtcp.SenderReport, arrival: float) -> None:
        source = client.sources.get(packet.ssrc)
        if source is not None and not source.is_rtx:
            source.stream.clock.receive(packet.ntp, packet.rtp, arrival)
        self._read_blocks(client, packet.blocks, arrival)

    def receiver_report(self, client: Client, packet: rtcp.ReceiverReport, arrival: float) -> None:
        self._read_blocks(client, packet.blocks, arrival)

    def _read_blocks(self, client: Client, blocks: list[rtcp.ReportBlock], arrival: float) -> None:
        for block in blocks:
            subscription = client.subscriptions.get(block.ssrc)
            if subscription is None or block.ssrc != subscription.ssrc:
                continue
            self._state.acknowledge(subscription)
            table, row = self._state.subscription_table, subscription.row
            table.has_reported[row] = subscription.playout is None
            table.fraction_lost[row] = block.fraction_lost / 256
            table.lost[row] = block.lost
            source = subscription.source
            if source is not None:
                table.jitter[row] = block.jitter / source.clock.rate
            if subscription.playout is not None:
                self._delay(subscription, subscription.playout, block.highest, arrival)
            # Reports carry the publisher's clock, so ours is kept beside it.
            if block.last_report and block.last_report == table.report[row]:
                trip = max(arrival - table.report_time[row] - block.delay / UNIT, 0.0)
                if trip <= LONGEST:
                    table.rtt[row] = trip
                    self._note_trip(client, trip)

    def _delay(
        self, subscription: Subscription, playout: Playout, highest: int, now: float
    ) -> None:
        table, row, before = self._state.subscription_table, subscription.row, playout.value
        playout.receive(highest, now)
        if not subscription.publication.is_screen:  # few pictures and in bursts: that is no jitter
            playout.adapt(table.jitter[row], table.packets[row], table.next[row], now)
        if playout.value != before:
            subscription.write_head()
            self._state.take_head(subscription)

    def _note_trip(self, client: Client, trip: float) -> None:
        table, row = self._state.client_table, client.row
        table.rtt[row] = smooth(table.rtt[row] or None, trip)

    def reference_time(self, client: Client, packet: rtcp.ReferenceTime, arrival: float) -> None:
        table, row = self._state.client_table, client.row
        table.reference_ssrc[row], table.reference[row] = packet.ssrc, middle(packet.ntp)
        table.reference_at[row] = arrival

    def reference_delay(self, client: Client, packet: rtcp.ReferenceDelay, arrival: float) -> None:
        """Our own clock comes back: the round trip to a client that need not get anything."""
        for ssrc, last, delay in packet.delays:
            trip = round_trip(last, delay, arrival) if ssrc == client.ssrc else None
            if trip is not None and trip <= LONGEST:
                self._note_trip(client, trip)

    def nack(self, client: Client, packet: rtcp.Nack, now: float) -> None:
        subscription = client.subscriptions.get(packet.media)
        if subscription is not None:
            self._state.stats.nacks_in += len(packet.sequences)
            if subscription.playout is not None:
                subscription.playout.nack(len(packet.sequences))
            self._retransmitter.resend(subscription, packet.sequences, now)

    def pli(self, client: Client, packet: rtcp.Pli, now: float) -> None:
        self._state.stats.plis_in += 1
        self._request_key(client, packet.media, now)

    def fir(self, client: Client, packet: rtcp.Fir, now: float) -> None:
        self._state.stats.firs_in += 1
        for ssrc, _ in packet.requests:
            self._request_key(client, ssrc, now)

    def _request_key(self, client: Client, ssrc: int, now: float) -> None:
        subscription = client.subscriptions.get(ssrc)
        if subscription is None:
            return
        stream = self._router.current(subscription)
        if stream is not None:
            self._keys.request(stream, now)

    def twcc(self, client: Client, packet: rtcp.Twcc, now: float) -> None:
        if self._state.acks.receive(client.row, packet.body) < 0:
            self._state.drop(Drop.MALFORMED)

    def remb(self, client: Client, packet: rtcp.Remb, now: float) -> None:
        self._state.client_table.remb[client.row] = min(packet.bitrate, (1 << 62))


Handler = Callable[[Control, Client, Any, float], None]

REPORTS: dict[type, Handler] = {  # with the time of arrival
    rtcp.SenderReport: Control.sender_report,
    rtcp.ReceiverReport: Control.receiver_report,
    rtcp.ReferenceTime: Control.reference_time,
    rtcp.ReferenceDelay: Control.reference_delay,
}
REQUESTS: dict[type, Handler] = {
    rtcp.Nack: Control.nack,
    rtcp.Pli: Control.pli,
    rtcp.Fir: Control.fir,
    rtcp.Twcc: Control.twcc,
    rtcp.Remb: Control.remb,
}
