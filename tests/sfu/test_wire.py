"""Every command, every event and what goes with them survives the wire; nothing else does."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfu import wire
from sfu.aio.messages import FromWorker, ToWorker
from sfu.commands import MutePublication, SendData
from sfu.events import Event
from sfu.wire import LARGEST, Codec, Frames, WireError, frame

KINDS: tuple[type[Any], ...] = (*get_args(ToWorker), *get_args(FromWorker))
CODEC: Codec[Any] = Codec(KINDS)
PLAIN: dict[object, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**63), 2**64 - 1),  # what MessagePack has room for
    float: st.floats(allow_nan=False),
}
MUTE = MutePublication("TR_1", muted=True)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type."""
    inner = [values(part) for part in get_args(kind)]
    if isinstance(kind, type) and is_dataclass(kind):
        return st.builds(kind, **{f.name: values(f.type) for f in fields(kind)})
    if get_origin(kind) in (list, Sequence):
        return st.lists(*inner, max_size=3)
    if get_origin(kind) is tuple:
        return st.tuples(*inner)
    if get_origin(kind) is dict:
        return st.dictionaries(*inner, max_size=3)
    if kind in PLAIN:
        return PLAIN[kind]
    return st.one_of(inner) if inner else st.from_type(kind)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_message_comes_back_as_it_was(kind: type[Any], data: st.DataObject) -> None:
    message = data.draw(values(kind))

    back = CODEC.decode(CODEC.encode(message))

    assert back == message
    assert type(back) is kind


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_are_refused(data: bytes) -> None:
    for tried in (data, bytes([wire.VERSION]) + data):
        with suppress(WireError):
            assert type(CODEC.decode(tried)) in KINDS


@given(st.data())
def test_a_changed_message_is_a_message_or_is_refused(data: st.DataObject) -> None:
    whole = bytearray(CODEC.encode(SendData("RM_1", b"payload", reliable=True, peers=["PA_1"])))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(WireError):
        assert type(CODEC.decode(bytes(whole))) in KINDS


def test_a_truncated_message_is_refused() -> None:
    whole = CODEC.encode(MUTE)
    for length in range(len(whole)):
        with pytest.raises(WireError):
            CODEC.decode(whole[:length])


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "VERSION", wire.VERSION + 1)
    newer = Codec([MutePublication])

    with pytest.raises(WireError, match="another version"):
        CODEC.decode(newer.encode(MUTE))


def test_a_kind_of_the_other_direction_is_refused() -> None:
    with pytest.raises(WireError, match="unknown kind"):
        Codec(get_args(Event)).decode(CODEC.encode(MUTE))


def test_a_field_of_another_type_is_refused() -> None:
    wrong = MutePublication("TR_1", muted="yes")  # type: ignore[arg-type]

    with pytest.raises(WireError):
        CODEC.decode(CODEC.encode(wrong))


@pytest.mark.parametrize("depth", [10, 100_000])
def test_nesting_without_end_is_refused(depth: int) -> None:
    with pytest.raises(WireError):
        CODEC.decode(bytes([wire.VERSION]) + b"\x91" * depth)


def test_what_is_too_large_does_not_leave() -> None:
    with pytest.raises(WireError, match="too large"):
        CODEC.encode(SendData("RM_1", bytes(LARGEST), reliable=True))


@pytest.mark.parametrize("value", [2**64, "\ud800"], ids=["integer", "surrogate"])
def test_what_cannot_be_written_does_not_leave(value: Any) -> None:
    with pytest.raises(WireError, match="cannot be written"):
        CODEC.encode(MutePublication(value, muted=True))


@given(st.lists(st.binary(max_size=50)), st.lists(st.integers(1, 40), min_size=1))
def test_a_stream_gives_back_its_messages_however_it_is_cut(
    messages: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(map(frame, messages))
    frames, taken = Frames(), []
    position = number = 0
    while position < len(stream):
        size = cuts[number % len(cuts)]
        frames.receive(stream[position : position + size])
        while (message := frames.take()) is not None:
            taken.append(message)
        position += size
        number += 1

    assert taken == messages


def test_a_length_beyond_the_bound_is_refused_before_it_is_waited_for() -> None:
    frames = Frames()
    frames.receive((LARGEST + 1).to_bytes(4, "big"))

    with pytest.raises(WireError, match="bytes"):
        frames.take()
