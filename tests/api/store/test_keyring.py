"""Secrets at rest open where they stand and with their key, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.store.errors import SecretsError
from api.store.keyring import Keyring, new_key

OLD, NEW = new_key(), new_key()
RING = Keyring.parse({"2027": OLD})
PLACE = "staff.totp 1"


def test_a_secret_comes_back_and_is_not_to_be_seen() -> None:
    sealed = RING.seal(b"JBSWY3DP", PLACE)

    assert RING.open(sealed, PLACE) == b"JBSWY3DP"
    assert b"JBSWY3DP" not in sealed
    assert sealed != RING.seal(b"JBSWY3DP", PLACE)


def test_a_secret_opens_in_its_place_alone() -> None:
    sealed = RING.seal(b"secret", PLACE)

    with pytest.raises(SecretsError):
        RING.open(sealed, "staff.totp 2")


def test_a_new_key_seals_and_the_old_one_goes_on_opening() -> None:
    both = Keyring.parse({"2028": NEW, "2027": OLD})
    old, new = RING.seal(b"old", PLACE), both.seal(b"new", PLACE)

    assert both.open(old, PLACE) == b"old"
    assert both.open(new, PLACE) == b"new"
    assert both.is_signed(b"x", RING.sign(b"x"))
    with pytest.raises(SecretsError, match="not here"):
        RING.open(new, PLACE)


def test_a_signature_is_of_its_message_and_key() -> None:
    signature = RING.sign(b"seventeen entries")

    assert RING.is_signed(b"seventeen entries", signature)
    assert not RING.is_signed(b"sixteen entries", signature)
    assert not Keyring.parse({"2027": NEW}).is_signed(b"seventeen entries", signature)
    assert not Keyring.parse({"2028": OLD}).is_signed(b"seventeen entries", signature)


@given(st.binary(max_size=80))
def test_any_bytes_open_or_are_refused(sealed: bytes) -> None:
    with pytest.raises(SecretsError):
        RING.open(sealed, PLACE)


@given(st.integers(0, 10_000))
def test_one_changed_bit_is_noticed(position: int) -> None:
    sealed = bytearray(RING.seal(b"secret", PLACE))
    sealed[position // 8 % len(sealed)] ^= 1 << position % 8

    with pytest.raises(SecretsError):
        RING.open(bytes(sealed), PLACE)


@pytest.mark.parametrize("keys", [{}, {"a": "x"}, {"a": "eA=="}, {"": OLD}, {"a:b": OLD}])
def test_keys_that_are_none_are_refused(keys: dict[str, str]) -> None:
    with pytest.raises(SecretsError):
        Keyring.parse(keys)
