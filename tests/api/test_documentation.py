"""The page on configuration names every key, and says truly which have an effect."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from api.schema import is_later, key_of
from api.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
ROW = re.compile(r"^\| `([^`]+)` \|[^|]*\| (yes|later) \|", re.MULTILINE)


def keys(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, str]]:
    """All keys of the schema, and what the page shall say of them."""
    for name, field in model.model_fields.items():
        key, kind = path + key_of(model, name), field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from keys(kind, f"{key}.")
            continue
        yield key, "later" if is_later(model, name) else "yes"
        for item in get_args(kind):
            if isinstance(item, type) and issubclass(item, BaseModel):
                yield from keys(item, f"{key}.N.")


def test_the_page_on_configuration_is_complete_and_true() -> None:
    assert dict(ROW.findall(PAGE.read_text())) == dict(keys(Settings))
