"""What somebody is told of their own access."""

from datetime import UTC, datetime, timedelta

import pytest

from api.rules.accounts import GRACE, SENTENCES, SEVERAL, Happening, Try, verdict
from api.rules.wording import LETTERS

NOW = datetime(2027, 3, 4, 12, tzinfo=UTC)
HERE, THERE = "192.0.2.1", "198.51.100.9"


def half(place: str = HERE, ago: timedelta = timedelta(minutes=1)) -> Try:
    return Try(NOW - ago, False, "wrong_code", place)


def wrong() -> Try:
    return Try(NOW - timedelta(minutes=1), False, "wrong_password", HERE)


IN = Try(NOW - timedelta(minutes=1), True, None, HERE)


@pytest.mark.parametrize("language", LETTERS)
def test_every_language_has_all_sentences(language: str) -> None:
    assert SENTENCES[language].keys() == set(Happening)


@pytest.mark.parametrize(
    ("tries", "expected"),
    [
        ([], None),
        ([half()], Happening.HALF),
        ([half(), wrong()], Happening.HALF),
        ([half(THERE)], None),
        ([half(THERE), half()], None),
        ([half(THERE), IN, half()], None),  # that one was in before tells nothing of the other
        ([half(ago=GRACE + timedelta(seconds=1))], None),
        ([wrong()] * (SEVERAL - 1), None),
        ([wrong()] * SEVERAL, Happening.GUESSED),
        ([wrong()] * SEVERAL + [IN], None),
        ([wrong()] * SEVERAL + [IN] + [half()] * (SEVERAL - 1), Happening.HALF),
    ],
)
def test_who_signs_in_now_was_it_or_was_not(tries: list[Try], expected: Happening | None) -> None:
    assert verdict(tries, HERE, NOW) == expected
