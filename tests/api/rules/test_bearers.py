from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.bearers import SECRET_BYTES, Bearer, Purpose, parse


@given(st.sampled_from(Purpose), st.uuids(), st.binary(min_size=32, max_size=32))
def test_a_token_says_its_workspace(purpose: Purpose, workspace: UUID, secret: bytes) -> None:
    bearer = Bearer(purpose, workspace, secret)

    assert parse(str(bearer)) == bearer


@given(st.text(max_size=80) | st.text(max_size=70).map("hcs_".__add__))
def test_any_text_is_a_token_or_none(text: str) -> None:
    bearer = parse(text)

    assert bearer is None or str(bearer) == text


def test_what_is_stored_differs_by_purpose_and_a_log_shows_no_token() -> None:
    session = Bearer(Purpose.SESSION, uuid4(), bytes(SECRET_BYTES))
    link = Bearer(Purpose.LINK, session.workspace, session.secret)

    assert session.digest != link.digest
    assert repr(session) == "<token>"


@pytest.mark.parametrize("change", [lambda t: t + "A", lambda t: t[:-1], lambda t: t + "="])
def test_a_token_is_written_in_one_way(change: object) -> None:
    text = str(Bearer(Purpose.KEY, uuid4(), bytes(SECRET_BYTES)))

    assert parse(change(text)) is None  # type: ignore[operator]
