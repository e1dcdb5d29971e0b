"""Which layer each of a subscriber's tracks gets: a function of wishes and bandwidth."""

from collections.abc import Sequence
from typing import NamedTuple

from simulcast.layers import NONE
from simulcast.selector import aim


class Wish(NamedTuple):
    """What a subscriber wants of one track, and what there is of it."""

    wanted: int  # highest quality, NONE while it is disabled or muted
    flowing: Sequence[int]  # layers that come from the publisher
    bitrates: Sequence[float] = ()  # bits per second by layer; without them a layer costs nothing
    priority: int = 1  # a screen share's is 255 (LiveKit)


def allocate(budget: float | None, wishes: Sequence[Wish]) -> list[int]:
    """The target of each wish, in their order.

    `budget`: bits per second for all of them; None when nothing limits it, as now: then every
    track gets its wish as far as that flows. Within a budget every track first gets the lowest
    layer that flows (a small picture rather than none, even beyond the budget), then all go up
    step by step, the higher priority first, as long as the sum fits.
    """
    goals = [aim(wish.wanted, wish.flowing) for wish in wishes]
    if budget is None:
        return goals
    targets = [
        NONE if goal == NONE else min(wish.flowing)
        for wish, goal in zip(wishes, goals, strict=True)
    ]
    left = budget - sum(map(_cost, wishes, targets))
    order = sorted(range(len(wishes)), key=lambda index: -wishes[index].priority)
    for layer in range(max(goals, default=NONE) + 1):
        for index in order:
            wish = wishes[index]
            if not targets[index] < layer <= goals[index] or layer not in wish.flowing:
                continue
            step = _cost(wish, layer) - _cost(wish, targets[index])
            if step <= left:
                targets[index] = layer
                left -= step
    return targets


def _cost(wish: Wish, layer: int) -> float:
    return wish.bitrates[layer] if 0 <= layer < len(wish.bitrates) else 0.0
