"""SRTP over many packets at once, where they stand in the ring and in the arena."""

from typing import Protocol

from sfu.arena import Arena
from sfu.client import Protection
from sfu.ring import Batch


class Sealer(Protocol):
    failed: int  # rows that could not be sealed

    def set_keys(self, row: int, protection: Protection | None) -> None:
        """The client of this row has keys now, or other ones, or none."""

    def unseal(self, batch: Batch, positions: list[int], clients: list[int]) -> list[int]:
        """RTP at these positions, of clients by their rows. 0 where it is good.

        The plain packet stands in the slot then, and `batch.lengths` has its length.
        """

    def seal(self, arena: Arena) -> None:
        """All rows with a length, for their clients. Where that fails, the length becomes 0."""
