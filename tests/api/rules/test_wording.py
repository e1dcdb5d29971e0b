"""Letters are whole in every language, and their subjects tell nothing."""

from string import Formatter

import pytest

from api.rules.wording import ENGLISH, LETTERS, LetterKind, fill, wording_for


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LETTERS)
def test_every_language_says_all_that_english_says(language: str) -> None:
    assert LETTERS[language].keys() == set(LetterKind) - {LetterKind.TEST}  # which is a text
    for kind, wording in LETTERS[language].items():
        assert names(wording.text) == names(LETTERS[ENGLISH][kind].text), (language, kind)


@pytest.mark.parametrize("language", LETTERS)
def test_nothing_is_put_into_a_subject(language: str) -> None:
    for wording in LETTERS[language].values():
        assert names(wording.subject) == set()
        assert len(wording.subject) < 60


def test_a_language_is_found_as_browsers_name_it() -> None:
    french = LETTERS["fr"][LetterKind.PATIENT]

    assert wording_for(LetterKind.PATIENT, "fr-CA") == french
    assert wording_for(LetterKind.PATIENT, "FR_be") == french
    assert wording_for(LetterKind.PATIENT, "tlh") == LETTERS["en"][LetterKind.PATIENT]
    assert wording_for(LetterKind.PATIENT, None) == LETTERS["en"][LetterKind.PATIENT]


def test_what_is_put_in_is_not_looked_into() -> None:
    assert fill("at {clinic}", {"clinic": "{link}"}) == "at {link}"
