"""What a WHIP request tells of itself before anybody comes in."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette

from api.rest import whip as rest
from api.rest.whip import Whip
from signaling import whip
from signaling.admission import Refused, Visit
from tests.api.asgi import Answer, ask
from tests.harness import tokens
from tests.signaling.stage import EPOCH, Stage
from tests.signaling.test_whip import offer


class App:
    """The part of the signaling app that is needed."""

    def __init__(self) -> None:
        self.stage = Stage()

    async def act(self, action: Callable[..., Any]) -> Any:
        return action(self.stage.conference, self.stage.now)

    def connect(self, *_: object) -> None:
        pass

    def disconnect(self, *_: object) -> None:
        pass


def token(identity: str = "ann", room: str = "ward") -> str:
    claims = {"iss": "APIkey", "sub": identity, "exp": int(EPOCH) + 999}
    return tokens.mint("s" * 32, claims | {"video": {"roomJoin": True, "room": room}})


def serve(app: App) -> Starlette:
    app.stage.conference._context.keys = {"APIkey": "s" * 32}
    return Starlette(routes=Whip(app).routes)  # type: ignore[arg-type]


def post(app: App, body: list[bytes], info: str = "", **options: Any) -> Answer:
    """An offer from somebody who may come in."""
    told = {"x-livekit-clientinfo": info} if info else {}
    return ask(
        serve(app),
        "POST",
        "/whip/v1",
        headers={"content-type": "application/sdp", "authorization": f"Bearer {token()}", **told},
        body=body,
        client="192.0.2.7",
        **options,
    )


def test_joins_count_for_the_address_that_they_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[Visit] = []

    def begin(_: object, visit: Visit, *__: object) -> None:
        visits.append(visit)
        raise Refused(429, "too many joins")

    monkeypatch.setattr(whip, "begin", begin)
    answer = post(App(), [b"v=0"])

    assert (answer.status, answer.body) == (429, b'{"error":"too many joins"}')
    assert [visit.source for visit in visits] == ["192.0.2.7"]


def test_an_offer_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "BODY_TIMEOUT", 0.05)
    answer = post(App(), [b"v=0"], ends=False)

    assert (answer.status, answer.headers["connection"]) == (408, "close")
    assert answer.body == b'{"error":"the request did not arrive in time"}'


def test_an_offer_beyond_measure_is_not_read_to_its_end() -> None:
    answer = post(App(), [b"v" * (rest.MAX_BODY + 1)], ends=False)

    assert answer.status == 413


def test_what_somebody_has_begun_is_nobody_elses_to_end() -> None:
    """An identity is somebody in one room only."""
    app = App()
    routes = serve(app)

    def send(method: str, path: str, bearer: str, body: str = "") -> Answer:
        headers = {"content-type": "application/sdp", "authorization": f"Bearer {bearer}"}
        return ask(routes, method, path, headers=headers, body=[body.encode()])

    place = send("POST", "/whip/v1", token(), offer()).headers["location"]
    for stranger in (token("ben"), token(room="clinic")):
        assert send("DELETE", place, stranger).status == 404
    assert "ann" in app.stage.conference.rooms["ward"].identities
    assert send("DELETE", place, token()).status == 200


@pytest.mark.parametrize(
    "info",
    ["{bad", "3", '{"subscribedParticipantTrackNames": ["x"]}', "[" * 100_000, "ÿþ"],
    ids=["no JSON", "a number", "a list", "endless lists", "other letters"],
)
def test_what_a_client_tells_of_itself_is_json_or_refused(info: str) -> None:
    answer = post(App(), [offer().encode()], info)

    assert answer.status == 400
    assert answer.body.startswith(b'{"error":"malformed json in client info header: ')


@pytest.mark.parametrize(
    "info",
    ["null", '{"clientIp": "192.0.2.1"}', '{"subscribedParticipantTrackNames": {"ben": null}}'],
)
def test_who_names_no_tracks_is_answered_at_once(info: str) -> None:
    assert post(App(), [offer().encode()], info).status == 201


def test_tracks_that_do_not_come_are_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rest, "TRACKS_TIMEOUT", 0.05)
    app = App()
    answer = post(app, [offer().encode()], '{"subscribedParticipantTrackNames": {"ben": ["v"]}}')

    assert (answer.status, answer.body) == (503, b'{"error":"request timed out"}')
    assert not app.stage.conference.rooms["ward"].identities
