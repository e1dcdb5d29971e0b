"""How many files may be open."""

import resource
from collections.abc import Iterator

import pytest

from api.handles import ENOUGH, raise_limit

NOFILE = resource.RLIMIT_NOFILE


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = resource.getrlimit(NOFILE)
    yield
    resource.setrlimit(NOFILE, before)


def test_the_limit_is_raised_as_far_as_is_allowed() -> None:
    _, hard = resource.getrlimit(NOFILE)
    resource.setrlimit(NOFILE, (500, hard))

    assert raise_limit() == min(hard, ENOUGH)
    assert resource.getrlimit(NOFILE) == (min(hard, ENOUGH), hard)


def test_a_limit_that_is_high_already_stays() -> None:
    _, hard = resource.getrlimit(NOFILE)
    resource.setrlimit(NOFILE, (min(hard, ENOUGH), hard))
    before = resource.getrlimit(NOFILE)
    raise_limit()

    assert resource.getrlimit(NOFILE) == before
