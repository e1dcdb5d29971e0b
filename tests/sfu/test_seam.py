"""Commands and events are plain values all the way down: they will cross a process border."""

from dataclasses import asdict, fields
from typing import Any, cast, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from sfu.commands import Command
from sfu.events import Event

PLAIN = (str, int, float, bool, bytes, type(None))


def is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(is_plain(part) for item in value.items() for part in item)
    if isinstance(value, list):
        return all(map(is_plain, value))
    return isinstance(value, PLAIN)


@pytest.mark.parametrize("message", get_args(Command) + get_args(Event), ids=lambda m: m.__name__)
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_it_can_be_taken_apart_and_put_together(message: type[Any], data: st.DataObject) -> None:
    value = data.draw(
        st.builds(
            message, **{f.name: st.from_type(cast("type[Any]", f.type)) for f in fields(message)}
        )
    )

    parts = asdict(value)

    assert is_plain(parts)
    assert TypeAdapter[Any](message).validate_python(parts) == value
