"""Somebody who joins for the server's own sake: signaling in memory, packets by a real socket.

What WebSockets carry goes by the ASGI callable that clients come to; ICE, DTLS and the data
channels are a client's, to the UDP port that clients are told.
"""

import asyncio
import base64
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import isfinite
from typing import Any, cast

from livekit.protocol import models
from livekit.protocol import rtc as proto

from api.loadtest.description import Offers, read_candidates, read_remote
from api.loadtest.link import CHANNELS, ChannelEvent, Link, Remote
from api.middleware import App, Message
from sfu.media import Candidate
from sfu.transport.certificate import Certificate
from sfu.transport.events import ChannelOpened, DataReceived
from signaling.negotiation.sdp import Description
from turn.addresses import Address

RELIABLE = "_reliable"
INFO = models.ClientInfo(sdk=models.ClientInfo.GO, version="2.9.0", protocol=16)
Nearest = Callable[[Candidate], Address]  # where an address of ours that clients are told is


class NotLetIn(Exception):
    """The message is the server's answer."""


class Guest(asyncio.DatagramProtocol):
    """`run` it until it is to go; `is_ready` says when data may pass."""

    def __init__(self, app: App, token: str, certificate: Certificate, nearest: Nearest) -> None:
        self.is_ready = asyncio.Event()
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()  # payloads of user packets
        self.remote: Remote | None = None  # the media server's end
        self.link = Link(certificate, os.urandom, opens=CHANNELS, hear=self._hear)
        self._app = app
        self._token = token
        self._nearest = nearest
        self._offers = Offers(self.link)
        self._requests: asyncio.Queue[Message] = asyncio.Queue()
        self._trickled: list[str] = []
        self._answer: Remote | None = None
        self._refusal = ""
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Until cancelled. Raises NotLetIn, OSError."""
        await self._requests.put({"type": "websocket.connect"})
        try:
            await self._app(self._scope(), self._requests.get, self._receive)
        finally:
            await self._close()
        raise NotLetIn(self._refusal or "the server has ended the connection")

    def say(self, payload: bytes) -> bool:
        """To all others in the room. False: the channel takes nothing."""
        packet = models.DataPacket(
            kind=models.DataPacket.RELIABLE, user=models.UserPacket(payload=payload)
        )
        is_sent = self.link.send(RELIABLE, packet.SerializeToString(), self._loop.time())
        self._flush()
        return is_sent

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.link.receive(data, addr[:2], self._loop.time())
        self._flush()

    def _scope(self) -> dict[str, Any]:
        self._offers.add("application")
        offer = proto.SessionDescription(type="offer", sdp=self._offers.make(), id=1)
        join = proto.JoinRequest(client_info=INFO, publisher_offer=offer)
        wrapped = proto.WrappedJoinRequest(join_request=join.SerializeToString())
        text = base64.urlsafe_b64encode(wrapped.SerializeToString())
        return {
            "type": "websocket",
            "path": "/rtc/v1",
            "query_string": b"join_request=" + text,
            "headers": [(b"authorization", b"Bearer " + self._token.encode())],
            "client": ("127.0.0.1", 0),
            "extensions": {"websocket.http.response": {}},
        }

    async def _receive(self, message: Message) -> None:
        """What the server sends."""
        kind = message["type"]
        if kind == "websocket.send" and message.get("bytes"):
            await self._read(proto.SignalResponse.FromString(message["bytes"]))
        elif kind == "websocket.http.response.body":
            self._refusal = message.get("body", b"").decode(errors="replace")
        elif kind == "websocket.close":
            await self._requests.put({"type": "websocket.disconnect", "code": 1000})

    async def _read(self, message: proto.SignalResponse) -> None:
        kind = message.WhichOneof("message")
        if kind == "answer":
            self._answer = read_remote(Description.parse(message.answer.sdp))
        elif kind == "trickle":
            init = json.loads(message.trickle.candidateInit or "{}")
            self._trickled.append(init.get("candidate", ""))
        await self._connect()

    async def _connect(self) -> None:
        """Once there is an address."""
        if self._answer is None or self.remote is not None:
            return
        candidates = (*self._answer.candidates, *read_candidates(self._trickled))
        if not candidates:
            return
        answer = self._answer
        self.remote = Remote(
            answer.ice, answer.fingerprint, answer.setup, candidates, answer.is_lite,
            answer.has_data,
        )  # fmt: skip
        place = self._nearest(candidates[0])
        await self._loop.create_datagram_endpoint(lambda: self, remote_addr=place)
        self.link.connect(self.remote, self._loop.time(), offers=True)
        self._flush()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # uvloop's is none by its type

    def _hear(self, event: ChannelEvent) -> None:
        if isinstance(event, ChannelOpened) and event.label == RELIABLE:
            self.is_ready.set()
        elif isinstance(event, DataReceived):
            for payload in _payloads(event.payload):
                self.heard.put_nowait(payload)

    def _flush(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        for datagram in self.link.take_datagrams():
            self._transport.sendto(datagram)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.link.next_timeout()
        if isfinite(due):
            self._timer = self._loop.call_at(due, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self.link.handle_timeout(self._loop.time())
        self._flush()

    async def _close(self) -> None:
        self.link.close()
        self._flush()
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.close()


def _payloads(data: bytes) -> Iterator[bytes]:
    with suppress(Exception):  # whatever is no packet of a user is nothing to us
        packet = models.DataPacket.FromString(data)
        if packet.WhichOneof("value") == "user":
            yield packet.user.payload
