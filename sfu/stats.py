"""Counters of one media process."""

from collections import Counter
from dataclasses import dataclass, field

from sfu.drop import Drop


@dataclass(slots=True)
class Stats:
    """Since the start. Packets are RTP ones; bytes are those of the datagrams."""

    packets_in: int = 0
    bytes_in: int = 0
    packets_out: int = 0
    bytes_out: int = 0
    control_in: int = 0  # RTCP datagrams
    control_out: int = 0
    repaired: int = 0  # packets that publishers sent again
    resent: int = 0  # packets that we sent again
    key_requests: int = 0  # PLIs sent to publishers
    switches: int = 0  # changes of layer
    dropped: Counter[Drop] = field(default_factory=Counter)
