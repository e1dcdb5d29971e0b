"""Tokens that an operator has taken back: those of one identity for one room, up to a time."""

from collections import OrderedDict

REMEMBERED = 10_000


class Revocations:
    """Kept in memory: a restart of the server forgets them."""

    def __init__(self) -> None:
        self._before: OrderedDict[tuple[str, str], float] = OrderedDict()

    def revoke(self, room: str, identity: str, before: float) -> None:
        """`before`: Unix time; tokens that are good from then on stay good."""
        key = room, identity
        self._before[key] = max(before, self._before.pop(key, before))
        if len(self._before) > REMEMBERED:
            self._before.popitem(last=False)

    def covers(self, room: str, identity: str, begins: float) -> bool:
        """`begins`: Unix time from which the token is good (`nbf`)."""
        return begins < self._before.get((room, identity), float("-inf"))
