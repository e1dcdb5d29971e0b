"""RTCP of every connection: what the server asks of us, and what we report.

Times are those of the data plane: `now` in monotonic seconds, `wall` in Unix seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from api.loadtest.headers import Template, abs_send_time
from api.loadtest.incoming import Incoming
from api.loadtest.outgoing import Outgoing
from sfu import rtcp
from sfu.feedback.clock import ntp_from_seconds

RECEIVER = 1  # our SSRC as a receiver (libwebrtc)
BLOCKS = 31  # in one report
SEQUENCE = slice(2, 4)
FEEDBACK_TYPE, FEEDBACK_FORMAT = 205, 15
BEHIND = (4 + 10, 4 + 16)  # bytes: with HMAC-SHA1-80, and with GCM
UNIX = 2_208_988_800  # seconds from 1900 to 1970

Wanted = tuple[int, int]  # SSRC and number of a packet that the server misses


@dataclass(slots=True)
class Sent:
    """One of our streams."""

    row: int  # in the outgoing table
    head: Template  # once the server knows the stream
    rtx: Template
    rtx_sequence: int = 0
    is_known: bool = False


@dataclass(slots=True)
class Got:
    """One of theirs."""

    row: int
    lsr: int = 0  # middle of the last report's NTP time
    lsr_at: float = 0.0
    expected: int = 0  # until the last report of ours
    received: int = 0


@dataclass(slots=True)
class Asked:
    """What servers have asked of all of us."""

    key_frames: int = 0
    retransmissions: int = 0
    feedback: int = 0
    nacks: int = 0  # numbers that we have asked for


@dataclass(slots=True)
class Control:
    """One connection's streams, and the RTCP about them."""

    link: int
    outgoing: Outgoing
    incoming: Incoming
    asked: Asked
    sent: dict[int, Sent] = field(default_factory=dict)  # by SSRC
    got: dict[int, Got] = field(default_factory=dict)

    def receive(self, data: bytes, now: float) -> list[Wanted]:
        """A compound of the server; returns what it wants to have again: see `repeat`."""
        again: list[Wanted] = []
        for packet in rtcp.parse(data):
            if isinstance(packet, rtcp.Twcc):
                self.asked.feedback += 1
            elif isinstance(packet, rtcp.Nack):
                again += [(packet.media, sequence) for sequence in packet.sequences]
            elif isinstance(packet, rtcp.Pli):
                self._ask_key(packet.media, now)
            elif isinstance(packet, rtcp.Fir):
                for media, _ in packet.requests:
                    self._ask_key(media, now)
            elif isinstance(packet, rtcp.ReceiverReport):
                self._hear(packet.blocks)
            elif isinstance(packet, rtcp.SenderReport):
                self._note(packet, now)
        return again

    def reports(self, now: float, wall: float) -> Iterator[bytes]:
        """Sender reports, and receiver reports of everything that we get; once a second."""
        senders = [self._report(ssrc, sent, now, wall) for ssrc, sent in self.sent.items()]
        if senders:
            yield rtcp.compound(senders)
        got = list(self.got.items())
        for at in range(0, len(got), BLOCKS):
            blocks = [self._block(ssrc, one, now) for ssrc, one in got[at : at + BLOCKS]]
            yield bytes(rtcp.ReceiverReport(RECEIVER, blocks))

    def nacks(self, now: float) -> list[rtcp.Packet]:
        """Requests for what is missing, and for a key frame where it is given up."""
        wanted: list[rtcp.Packet] = []
        for ssrc, one in self.got.items():
            gaps = self.incoming.order.gaps.get(one.row)
            if gaps is None or not gaps.missing:
                continue
            lost = gaps.lost
            if numbers := gaps.due(now):
                self.asked.nacks += len(numbers)
                sequences = [number & 0xFFFF for number in sorted(numbers)]
                wanted.append(rtcp.Nack(RECEIVER, ssrc, sequences))
            if gaps.lost > lost:
                wanted.append(rtcp.Pli(RECEIVER, ssrc))
        return wanted

    def _ask_key(self, media: int, now: float) -> None:
        if media in self.sent:
            self.asked.key_frames += 1
            self.outgoing.ask_key(self.sent[media].row, now)

    def _hear(self, blocks: Sequence[rtcp.ReportBlock]) -> None:
        """The server has our stream: mid and rid are not needed any more (RFC 8852, 3.3)."""
        for block in blocks:
            sent = self.sent.get(block.ssrc)
            if sent is not None and not sent.is_known:
                sent.is_known = True
                self.outgoing.set_head(sent.row, sent.head)

    def _note(self, report: rtcp.SenderReport, now: float) -> None:
        if one := self.got.get(report.ssrc):
            one.lsr, one.lsr_at = report.ntp >> 16 & 0xFFFFFFFF, now

    def _report(self, ssrc: int, sent: Sent, now: float, wall: float) -> rtcp.SenderReport:
        row = sent.row
        packets, octets = int(self.outgoing.packets[row]), int(self.outgoing.octets[row])
        time = self.outgoing.rtp_time(row, now)
        return rtcp.SenderReport(ssrc, ntp_from_seconds(wall + UNIX), time, packets, octets)

    def _block(self, ssrc: int, one: Got, now: float) -> rtcp.ReportBlock:
        order, row = self.incoming.order, one.row
        highest, received = int(order.highest[row]), int(order.received[row])
        if highest < 0:
            return rtcp.ReportBlock(ssrc, 0, 0, 0, 0, 0, 0)
        expected = highest - int(order.first[row]) + 1
        fresh, came = expected - one.expected, received - one.received
        one.expected, one.received = expected, received
        fraction = max(0, fresh - came) * 256 // fresh if fresh > 0 else 0
        delay = int((now - one.lsr_at) * 65536) if one.lsr else 0
        lost = expected - received
        return rtcp.ReportBlock(ssrc, min(fraction, 255), lost, highest, 0, one.lsr, delay)

    def repeat(self, wanted: Wanted, now: float) -> bytes | None:
        """An RTX packet; None when we have not got what is wanted, or have just repeated it."""
        media, sequence = wanted
        sent = self.sent.get(media)
        found = None if sent is None else self.outgoing.again(sent.row, sequence, now)
        if sent is None or found is None:
            return None
        self.asked.retransmissions += 1
        return self._rtx(sent, sequence, *found, now)

    def _rtx(self, sent: Sent, sequence: int, time: int, payload: bytes, now: float) -> bytes:
        """RFC 4588, section 4."""
        head = bytearray(sent.rtx.data)
        sent.rtx_sequence = sent.rtx_sequence + 1 & 0xFFFF
        head[SEQUENCE] = sent.rtx_sequence.to_bytes(2, "big")
        head[4:8] = time.to_bytes(4, "big")
        at = len(head) - sent.rtx.send_time
        head[at : at + 3] = abs_send_time(now)
        at = len(head) - sent.rtx.transport_cc
        head[at : at + 2] = self.outgoing.take_number(self.link).to_bytes(2, "big")
        return bytes(head) + sequence.to_bytes(2, "big") + payload


def feedback(body: bytes) -> bytes:
    """About everything with a transport-wide number; ten times a second."""
    return bytes(rtcp.Twcc(RECEIVER, 0, body))


def is_control(data: bytes) -> bool:
    """RTCP, told from everything else by its second byte (RFC 5761, section 4)."""
    return len(data) > 8 and data[0] >> 6 == 2 and 192 <= data[1] <= 223


def is_only_feedback(data: bytes) -> bool:
    """Transport-wide feedback alone, as its header says, which is not encrypted.

    Nobody here reads it: the load is the same whatever a server says. Behind it stand the index of
    SRTCP and the tag (RFC 3711, section 3.4; RFC 7714, section 9).
    """
    behind = len(data) - 4 - 4 * int.from_bytes(data[2:4], "big")
    return data[0] & 0x1F == FEEDBACK_FORMAT and data[1] == FEEDBACK_TYPE and behind in BEHIND
