"""Whether a program may listen in a visit, as the doors remember it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of all who are let in. `policy`: the version of the text that they have agreed to; `number`:
    of the newest receipt."""

    is_given: bool = False
    policy: int = 0
    number: int = 0
