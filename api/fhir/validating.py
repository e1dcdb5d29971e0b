"""The one place that loads fhir.resources (0.4 s, 20 MB): what we tell is what FHIR R5 has, or it
is not told at all."""

from functools import cache
from importlib import import_module
from typing import Any

from api.fhir.terms import Resource


def written(resource: Resource) -> bytes:
    """As JSON. Blocks for a moment at the first one: not for the event loop. Raises ValueError
    for what is no resource, a mistake of ours."""
    model = _model(resource["resourceType"])
    text: str = model.model_validate(resource).model_dump_json()
    return text.encode()


@cache
def _model(kind: str) -> Any:
    return getattr(import_module(f"fhir.resources.{kind.lower()}"), kind)
