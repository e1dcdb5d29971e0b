"""The LiveKit signaling protocol as bytes on a WebSocket, for what no SDK would send."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from livekit.protocol import models
from livekit.protocol import rtc as proto
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.harness.server import Server

PATIENCE = 10.0  # seconds for an answer


class Signal:
    """One signaling connection of our own making."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def send(self, **message: Any) -> None:
        """Send one request, for example `send(ping=1)`."""
        self.socket.send(proto.SignalRequest(**message).SerializeToString())

    def receive(self) -> proto.SignalResponse:
        data = self.socket.recv(PATIENCE)
        assert isinstance(data, bytes)
        return proto.SignalResponse.FromString(data)

    def wait_for(self, kind: str) -> Any:
        """The next message of a kind, passing over all others."""
        while True:
            message = self.receive()
            if message.WhichOneof("message") == kind:
                return getattr(message, kind)


def join_request(**fields: Any) -> str:
    """The `join_request` parameter of /rtc/v1."""
    fields.setdefault("client_info", models.ClientInfo(sdk=models.ClientInfo.JS, protocol=16))
    fields.setdefault("connection_settings", proto.ConnectionSettings(auto_subscribe=True))
    inner = proto.JoinRequest(**fields).SerializeToString()
    wrapped = proto.WrappedJoinRequest(join_request=inner)
    return base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()


def target(path: str, token: str | None, **parameters: str) -> str:
    """A request target with its query."""
    if path.startswith("/rtc/v1"):
        parameters.setdefault("join_request", join_request())
    query = {"sdk": "js", "protocol": "16", **parameters}
    query |= {} if token is None else {"access_token": token}
    return f"{path}?{urlencode(query)}"


@contextmanager
def signal(
    server: Server, token: str, path: str = "/rtc/v1", **parameters: str
) -> Iterator[Signal]:
    """A signaling connection that was let in."""
    url = server.url + target(path, token, **parameters)
    with connect(url, sock=server.connect(), compression=None, max_size=2**24) as socket:
        yield Signal(socket)


def refusal(server: Server, token: str | None, path: str, **parameters: str) -> tuple[int, str]:
    """The status and the body with which a handshake is refused."""
    url = server.url + target(path, token, **parameters)
    try:
        with connect(url, sock=server.connect(), compression=None):
            raise AssertionError("was let in")
    except InvalidStatus as refused:
        return refused.response.status_code, (refused.response.body or b"").decode()
