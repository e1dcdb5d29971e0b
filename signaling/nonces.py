"""Tell a repetition from something new: the latest nonces of a room (LiveKit)."""

from collections import OrderedDict

REMEMBERED = 100


class Nonces:
    def __init__(self) -> None:
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def take(self, nonce: bytes) -> bool:
        """False: it was used before."""
        if nonce in self._known:
            return False
        self._known[nonce] = None
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return True
