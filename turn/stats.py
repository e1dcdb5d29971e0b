"""What a relay has counted, in plain values."""

from dataclasses import dataclass

from turn.drop import Drop


@dataclass(frozen=True)
class RelayStats:
    allocations: int  # now
    dropped: dict[Drop, int]
    errors: dict[int, int]  # by code, what requests were answered
    unsent: int  # packets that the system or a slow connection did not take
