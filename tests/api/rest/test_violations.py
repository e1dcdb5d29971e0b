"""What a browser tells of the content security policy is one line, and nothing private is in it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from api.rest.violations import LONGEST, PATH, Violations, read
from api.site import policy
from tests.api.asgi import Answer, ask

OLD = {"csp-report": {
    "document-uri": "https://north.example/?patient=Pat", "violated-directive": "img-src 'self'",
    "blocked-uri": "https://tracker.example/pixel?name=Pat",
}}  # fmt: skip
NEW = [{"type": "csp-violation", "body": {
    "documentURL": "https://north.example/", "effectiveDirective": "script-src-elem",
    "blockedURL": "inline", "sample": "Pat",
}}]  # fmt: skip


def post(content: Any, kind: str = "application/csp-report", app: Any = None) -> Answer:
    app = app or Starlette(routes=[Violations().route])
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return ask(app, "POST", PATH, headers={"content-type": kind}, body=[body])


@pytest.mark.parametrize(
    ("content", "kind", "line"),
    [
        (OLD, "application/csp-report", "a page was kept from tracker.example by img-src"),
        (NEW, "application/reports+json", "a page was kept from inline by script-src-elem"),
    ],
)
def test_a_report_is_a_line_without_what_it_was_about(
    content: Any, kind: str, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert post(content, kind).status == 204
    assert [record.getMessage() for record in caplog.records] == [line]


def test_the_policy_says_where_to_tell() -> None:
    assert f"report-uri {PATH}" in policy("a.example").split("; ")


def test_what_is_too_long_or_something_else_is_refused() -> None:
    assert post(b"x" * (LONGEST + 1)).status == 413
    assert post(OLD, "text/plain").status == 415


def test_nobody_fills_the_log(caplog: pytest.LogCaptureFixture) -> None:
    app = Starlette(routes=[Violations().route])
    for _ in range(30):
        assert post(NEW, "application/reports+json", app).status == 204
    assert len(caplog.records) == 20


json_values = st.recursive(
    st.none() | st.booleans() | st.text() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["csp-report", "body", "blocked-uri", "effectiveDirective"]), inner
    ),
)  # fmt: skip


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_report_is_read_or_ignored(body: bytes) -> None:
    for directive, source in read(body):
        assert directive
        assert "\n" not in directive + source
