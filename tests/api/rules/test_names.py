"""Names that people type, and what strangers put into them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.names import MAX_LENGTH, clean_name


@pytest.mark.parametrize(
    "name", ["Ann", "Dr. José Müller-Lüdenscheidt", "山田太郎", "علی‌رضا", "👩‍⚕️"]
)
def test_names_of_any_script_stay_as_they_are(name: str) -> None:
    assert clean_name(name) == name


def test_space_and_control_characters_are_taken_out() -> None:
    assert clean_name("  Ann\n\tLee\x00 ") == "Ann Lee"
    assert clean_name("Ann\u202egnp.exe") == "Ann gnp.exe"  # right-to-left override


@pytest.mark.parametrize("name", ["", "  ", "\u202e", "x" * (MAX_LENGTH + 1)])
def test_what_is_no_name(name: str) -> None:
    assert clean_name(name) is None


@given(st.text())
def test_no_text_gives_a_name_that_breaks_a_line(text: str) -> None:
    name = clean_name(text)

    assert name is None or (0 < len(name) <= MAX_LENGTH and len(name.splitlines()) == 1)
