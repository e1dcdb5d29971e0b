"""Whether somebody may be recorded: the one rule, a pure function of what they have said.

Whatever is not known is no consent. The newest word on each scope counts: a yes to the policy in
force, and no longer than until it is taken back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    AUDIO = "audio"
    VIDEO = "video"
    TRANSCRIPT = "transcript"
    AI = "ai"  # notes drafted by a program


@dataclass(frozen=True, slots=True)
class Receipt:
    """One thing that somebody has said. `order` grows within a visit; no two have the same."""

    participant: str  # identity
    scopes: frozenset[Scope]
    is_given: bool  # False: declined, or taken back
    policy: int  # the version that was shown
    order: int


def may_record(receipts: Iterable[Receipt], participant: str, *, scope: Scope, policy: int) -> bool:
    """Now, with all receipts of the visit until now. `policy`: the version in force."""
    said = [r for r in receipts if r.participant == participant and scope in r.scopes]
    newest = max(said, key=lambda receipt: receipt.order, default=None)
    return newest is not None and newest.is_given and newest.policy == policy


def missing(
    receipts: Iterable[Receipt], participants: Iterable[str], *, scope: Scope, policy: int
) -> list[str]:
    """Those of whom nothing may be recorded, in the order given: a recording of all begins when
    there is nobody among them."""
    known = list(receipts)
    return [
        one for one in participants if not may_record(known, one, scope=scope, policy=policy)
    ]  # fmt: skip
