"""What several modules use."""

import pytest

from tests.turn.aio.visitors import ways


@pytest.fixture(params=[False, True], ids=["one by one", "by loops"])
def by_loops(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """For whatever holds both ways."""
    chosen: bool = request.param
    monkeypatch.setattr(ways, "by_loops", chosen)
    return chosen
