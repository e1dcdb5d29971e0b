"""Text that must not show up in a log: names, addresses, notes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False, order=True)
class Private:
    """Reads as `<private>` wherever it is printed; `text` is the way in."""

    text: str

    def __repr__(self) -> str:
        return "<private>"

    def __str__(self) -> str:
        return "<private>"
