"""A room's link: the right secret opens it, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.links import LinkError, is_right, make_fragment, make_secret

KEY = bytes(range(32))


def test_the_secret_opens_its_room_again_and_again() -> None:
    secret = make_secret(KEY, "ward-7")

    assert is_right(KEY, "ward-7", secret)
    assert secret == make_secret(KEY, "ward-7")


def test_a_secret_is_128_bits_for_one_room_and_one_key() -> None:
    secret = make_secret(KEY, "ward-7")

    assert len(secret) == 22  # base64url of 16 bytes
    assert not is_right(KEY, "ward-8", secret)
    assert not is_right(bytes(32), "ward-7", secret)


def test_room_and_secret_can_be_told_apart_in_a_link() -> None:
    room, _, secret = make_fragment(KEY, "ward-7").removeprefix("#r=").rpartition(".")

    assert (room, secret) == ("ward-7", make_secret(KEY, "ward-7"))


@pytest.mark.parametrize("room", ["", "a.b", "a b", "a/b", "ä", "x" * 65])
def test_a_room_that_does_not_fit_into_a_link_gets_none(room: str) -> None:
    with pytest.raises(LinkError, match="cannot be in a link"):
        make_secret(KEY, room)


@given(st.text(), st.text())
def test_whatever_strangers_send_opens_nothing(room: str, secret: str) -> None:
    assert not is_right(KEY, room, secret)
