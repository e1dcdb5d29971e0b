"""RTCP compounds: bytes from strangers to typed packets. `bytes(packet)` writes each of them."""

from collections.abc import Iterable

from sfu.rtcp.feedback import Fir, Nack, Pli, Twcc, nack_pairs, parse_feedback
from sfu.rtcp.header import (
    EXTENDED_REPORT,
    GOODBYE,
    PAYLOAD_FEEDBACK,
    RECEIVER_REPORT,
    SENDER_REPORT,
    SOURCE_DESCRIPTION,
    TRANSPORT_FEEDBACK,
    RtcpError,
    split,
)
from sfu.rtcp.remb import Remb
from sfu.rtcp.reports import (
    CNAME,
    MID,
    Goodbye,
    ReceiverReport,
    ReferenceDelay,
    ReferenceTime,
    ReportBlock,
    SenderReport,
    SourceDescription,
    parse_descriptions,
    parse_extended,
)

__all__ = [
    "CNAME",
    "MID",
    "Fir",
    "Goodbye",
    "Nack",
    "Packet",
    "Pli",
    "ReceiverReport",
    "ReferenceDelay",
    "ReferenceTime",
    "Remb",
    "ReportBlock",
    "RtcpError",
    "SenderReport",
    "SourceDescription",
    "Twcc",
    "compound",
    "nack_pairs",
    "parse",
]

Packet = (
    SenderReport
    | ReceiverReport
    | SourceDescription
    | Goodbye
    | ReferenceTime
    | ReferenceDelay
    | Nack
    | Pli
    | Fir
    | Twcc
    | Remb
)


def parse(data: bytes) -> list[Packet]:
    """The packets of a compound, in their order. Never raises.

    What we do not know or what is broken is passed over; behind a broken length nothing is read.
    """
    packets: list[Packet] = []
    for kind, count, body in split(data):
        try:
            packets += _parse_one(kind, count, body)
        except RtcpError:
            continue
    return packets


def _parse_one(kind: int, count: int, body: bytes) -> list[Packet]:
    if kind == RECEIVER_REPORT:
        return [ReceiverReport.parse(count, body)]
    if kind in (TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK):
        feedback = parse_feedback(kind, count, body)
        return [] if feedback is None else [feedback]
    if kind == SENDER_REPORT:
        return [SenderReport.parse(count, body)]
    if kind == SOURCE_DESCRIPTION:
        return [*parse_descriptions(count, body)]
    if kind == EXTENDED_REPORT:
        return [*parse_extended(body)]
    return [Goodbye.parse(count, body)] if kind == GOODBYE else []


def compound(packets: Iterable[Packet]) -> bytes:
    """One datagram of several packets. RFC 3550 wants a report first (RFC 5506 does not)."""
    return b"".join(map(bytes, packets))
