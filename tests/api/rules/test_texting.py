"""Numbers as carriers take them, and what replies mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.private import Private
from api.rules.texting import Wish, international, wish_of


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+34 600 11-22.33", "+34600112233"),
        ("+1 (415) 867/5309", "+14158675309"),
        ("600112233", None),  # of which country?
        ("0034600112233", None),
        ("+0600112233", None),
        ("+34", None),
        ("+1234567890123456", None),
    ],
)
def test_a_number_has_its_country(written: str, number: str | None) -> None:
    found = international(Private(written))

    assert (found and found.text) == number
    assert international(None) is None


@pytest.mark.parametrize(
    "text", ["STOP", " stop. ", "Baja", "arrêt", "QUIT!", "“STOP”", '"Stop".', "arre\u0302t"]
)
def test_one_known_word_stops(text: str) -> None:
    assert wish_of(text) is Wish.STOP


@pytest.mark.parametrize("text", ["start", "UNSTOP"])
def test_one_known_word_starts_again(text: str) -> None:
    assert wish_of(text) is Wish.START


@given(st.text(max_size=30))
def test_any_other_reply_changes_nothing(text: str) -> None:
    assert wish_of(f"please {text} ") is None
