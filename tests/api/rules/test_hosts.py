"""What a Host header may be before it is repeated in an answer."""

import pytest

from api.rules.hosts import is_host


@pytest.mark.parametrize(
    "host", ["localhost", "a.example:7880", "192.0.2.1:80", "[2001:db8::1]:443"]
)
def test_hosts(host: str) -> None:
    assert is_host(host)


@pytest.mark.parametrize(
    "host", ["", "a b", "a;script-src *", "a/b", "a\r\nx: y", "a:port", "user@host", "[::1", "ä"]
)
def test_what_is_no_host(host: str) -> None:
    assert not is_host(host)
