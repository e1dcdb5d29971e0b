"""A workspace's own words hold what may be in a message, and no health."""

from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.mailing import Channel
from api.rules.templates import ALLOWED, LONGEST, fault
from api.rules.textwording import TEXTS
from api.rules.wording import ENGLISH, LETTERS, LetterKind, fill

REMINDER, SMS, MAIL = LetterKind.REMINDER, Channel.SMS, Channel.MAIL


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", TEXTS)
def test_our_own_words_are_in_every_language_and_pass(language: str) -> None:
    assert TEXTS.keys() == LETTERS.keys()
    assert TEXTS[language].keys() == ALLOWED[SMS].keys() | {LetterKind.TEST}
    for kind in ALLOWED[SMS]:
        text = TEXTS[language][kind]
        assert names(text) == names(TEXTS[ENGLISH][kind])
        assert fault(SMS, kind, None, text) is None, text
        letter = LETTERS[language][kind]
        assert fault(MAIL, kind, letter.subject, letter.text) is None, letter


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{time} {link} {name}", "Only {clinic}"),
        ("{time} {link} {clinic.__class__}", "Braces"),
        ("{time} {link} {clinic!r}", "Braces"),
        ("{time} {link} {clinic:>9999999}", "Braces"),
        ("{time} {link} {", "Braces"),
        ("{time} {link} {}", "Braces"),
        ("{time} {link} {0}", "Braces"),
        ("{link}", "{time} has to be in it"),
        ("{time}", "{link} has to be in it"),
        ("Your oncology visit: {time} {link}", "tells of health"),
        ("Su sesión de PSICOLOGÍA: {time} {link}", "tells of health"),
        ("Consultation d’épilepsie : {time} {link}", "tells of health"),
        ("HIV test: {time} {link}", "tells of health"),
        ("Sus sintomas, como en SMS: {time} {link}", "tells of health"),
        ("Votre de\u0301pression: {time} {link}", "tells of health"),  # as some keyboards write it
        ("{time} {link}" + "x" * LONGEST[SMS], "too long"),
    ],
)
def test_what_must_not_be_in_a_text_is_named(text: str, why: str) -> None:
    assert why in str(fault(SMS, REMINDER, None, text))


@pytest.mark.parametrize(
    "text",
    [
        "Un saludo, {clinic}: {time} {link}",
        "Cet hiver, {time} {link}",
        "Braces: {{ }} {time} {link}",
    ],
)
def test_what_is_harmless_passes(text: str) -> None:
    assert fault(SMS, REMINDER, None, text) is None


def test_a_letter_has_a_subject_and_nothing_is_put_into_it() -> None:
    text = "{time} {link}"

    assert fault(MAIL, REMINDER, "A reminder", text) is None
    assert "subject" in str(fault(MAIL, REMINDER, None, text))
    assert "subject" in str(fault(SMS, REMINDER, "A reminder", text))
    assert "subject" in str(fault(MAIL, REMINDER, "At {time}", text))
    assert "health" in str(fault(MAIL, REMINDER, "Your therapy", text))
    assert "no staff" in str(fault(MAIL, LetterKind.STAFF, "x", text))


@given(st.text(max_size=60))
def test_whatever_passes_can_be_filled_in(text: str) -> None:
    values = {"clinic": "C", "time": "T", "link": "L", "length": "20"}
    text += "{time}{link}"
    if fault(SMS, REMINDER, None, text) is None:
        assert "TL" in fill(text, values)
