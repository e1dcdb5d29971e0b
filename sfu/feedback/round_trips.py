"""Round trips from reports (RFC 3550, 6.4.1; RFC 3611, 4.5)."""

from sfu.feedback.clock import middle, ntp_from_seconds

UNIT = 65536  # DLSR and DLRR count 1/65536 s
LONGEST = 10.0  # seconds; a longer round trip is a peer's nonsense
SMOOTH = 8  # a new one counts one part of so many (RFC 6298)


def round_trip(last_report: int, delay: int, now: float) -> float | None:
    """Seconds, from LSR and DLSR of a block about our own stream (or LRR, DLRR of an XR).

    `now` is on the clock that our sender reports were written from. None when the peer has not
    had a report, or says what cannot be.
    """
    if not last_report:
        return None
    trip = middle(ntp_from_seconds(now)) - last_report - delay & 0xFFFFFFFF
    # A little less than nothing comes of rounding; more than a minute, of a peer's nonsense.
    if trip > 0xFFFFFFFF - UNIT // 20:
        return 0.0
    return trip / UNIT if trip < 60 * UNIT else None


def smooth(before: float | None, trip: float) -> float:
    """A round trip time that one odd sample does not change much."""
    return trip if before is None else before + (trip - before) / SMOOTH
