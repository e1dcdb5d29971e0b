from datetime import UTC, datetime, timedelta

from api.rules.sessions import End, end_of

NOW = datetime(2027, 3, 4, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=9)


def judge(
    idle: float, *, in_call: float | None = None, ended: bool = False, expires: datetime = LATER
) -> End | None:
    """After so many minutes without a request, and so many since the last call."""
    return end_of(
        ended_at=NOW if ended else None,
        expires_at=expires,
        seen_at=NOW - timedelta(minutes=idle),
        in_call_at=None if in_call is None else NOW - timedelta(minutes=in_call),
        now=NOW,
    )


def test_who_does_nothing_is_signed_off() -> None:
    assert judge(14.9) is None
    assert judge(15) is End.IDLE


def test_a_call_is_activity() -> None:
    assert judge(200, in_call=0) is None
    assert judge(200, in_call=14) is None
    assert judge(200, in_call=15) is End.IDLE
    assert judge(1, in_call=100) is None


def test_nobody_stays_for_ever() -> None:
    assert judge(0, in_call=0, expires=NOW) is End.TOO_LONG
    assert judge(0, ended=True) is End.SIGNED_OFF
