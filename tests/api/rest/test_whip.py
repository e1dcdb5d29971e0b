"""What a WHIP request tells of itself before anybody comes in."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette

from api.rest.whip import Whip
from signaling import whip
from signaling.admission import Refused, Visit
from tests.api.asgi import ask
from tests.harness import tokens
from tests.signaling.stage import EPOCH, Stage


class App:
    """The part of the signaling app that is needed."""

    def __init__(self) -> None:
        self.stage = Stage()

    async def act(self, action: Callable[..., Any]) -> Any:
        return action(self.stage.conference, self.stage.now)


def test_joins_count_for_the_address_that_they_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[Visit] = []

    def begin(_: object, visit: Visit, *__: object) -> None:
        visits.append(visit)
        raise Refused(429, "too many joins")

    monkeypatch.setattr(whip, "begin", begin)
    app = App()
    monkeypatch.setattr(app.stage.conference._context, "keys", {"APIkey": "s" * 32})
    body = {"iss": "APIkey", "sub": "ann", "exp": int(EPOCH) + 999}
    token = tokens.mint("s" * 32, body | {"video": {"roomJoin": True, "room": "ward"}})
    answer = ask(
        Starlette(routes=Whip(app).routes),  # type: ignore[arg-type]
        "POST",
        "/whip/v1",
        headers={"content-type": "application/sdp", "authorization": f"Bearer {token}"},
        body=[b"v=0"],
        client="192.0.2.7",
    )

    assert (answer.status, answer.body) == (429, b'{"error":"too many joins"}')
    assert [visit.source for visit in visits] == ["192.0.2.7"]
