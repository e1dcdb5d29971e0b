"""What came of a played room, and whether two rooms came to the same."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest

from sfu import rtcp
from sfu.feedback import twcc
from tests.sim.receiver import Packet

COUNTED = (
    "packets_in", "packets_out", "bytes_in", "bytes_out", "control_in", "repaired", "resent",
    "key_requests", "switches",
)  # fmt: skip


@dataclass
class Outcome:
    """What all clients got, and what the plane says of itself."""

    # By person, SSRC, time that it was subscribed; what came again stands apart, since it may
    # overtake what is new.
    packets: dict[tuple[str, int, int, bool], list[Packet]] = field(default_factory=dict)
    control: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    events: dict[int, list[str]] = field(default_factory=dict)
    slow: list[bytes] = field(default_factory=list)  # datagrams that were no media
    problems: list[str] = field(default_factory=list)
    counters: Counter[str] = field(default_factory=Counter)


def arrivals(packet: rtcp.Twcc, *, is_first: bool) -> list[str]:
    """What it says, whatever other reports it is divided into.

    Where the first one begins depends on the packet that was taken first: losses may be before it.
    """
    report = twcc.parse(packet.body)
    assert report is not None
    return [
        f"{number} came at {at}" for number, at in report.arrivals if at is not None or not is_first
    ]


def differences(one: Outcome, other: Outcome) -> list[str]:
    """The first of each kind; empty when both are the same."""
    found = []
    for name, counts in (("counters", (one.counters, other.counters)),):
        if counts[0] != counts[1]:
            found.append(f"{name}: {counts[0] - counts[1]} against {counts[1] - counts[0]}")
    for what in ("packets", "control", "events"):
        left, right = getattr(one, what), getattr(other, what)
        for key in sorted(left.keys() | right.keys()):
            if left.get(key) != right.get(key):
                found.append(f"{what} {key}: {first(left.get(key, []), right.get(key, []))}")
                break
    if one.slow != other.slow:
        found.append(f"slow: {len(one.slow)} against {len(other.slow)}")
    return found


def first(left: list[object], right: list[object]) -> str:
    for position, pair in enumerate(zip_longest(left, right)):
        if pair[0] != pair[1]:
            return f"number {position}: {pair[0]}\nagainst {pair[1]}"
    return "equal"
