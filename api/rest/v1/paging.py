"""Lists in pages: `after` is the last id of the page before."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query

from api.rest.v1.shapes import Shape

Item = TypeVar("Item")
Row = TypeVar("Row")

After = Annotated[UUID | None, Query(description="The id that `next` of the page before named.")]
Limit = Annotated[int, Query(ge=1, le=200)]


class Page(Shape, Generic[Item]):
    items: list[Item]
    next: str | None  # None: this was the last one


def page(rows: Sequence[Row], limit: int, key: Callable[[Row], object],
         show: Callable[[Row], Item]) -> "Page[Item]":  # fmt: skip
    """Of rows, one more than `limit` being there if there are more."""
    shown = rows[:limit]
    following = str(key(shown[-1])) if len(rows) > limit else None
    return Page(items=[show(row) for row in shown], next=following)
