"""SRTP over many packets at once, where they stand in the ring and in the arena."""

from typing import Protocol

from sfu.arena import Arena
from sfu.client import Protection
from sfu.loops.seal import Sealing, Unsealing
from sfu.ring import Batch
from sfu.tables import Rows


class Sealer(Protocol):
    failed: int  # rows that could not be sealed
    # For compiled loops that do all of it themselves; without functions the methods are called.
    sealing: Sealing
    unsealing: Unsealing

    def set_keys(self, row: int, protection: Protection | None) -> None:
        """The client of this row has keys now, or other ones, or none."""

    def unseal(self, batch: Batch, media: Rows, count: int) -> int:
        """The RTP of the first so many entries (`loops/sort.py`). Returns how many are refused.

        Where `refused` is 0 the plain packet stands in its row, its length in `batch.lengths`.
        """

    def seal(self, arena: Arena) -> None:
        """All rows with a length, for their clients. Where that fails, the length becomes 0."""
