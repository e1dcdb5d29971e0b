"""One participant: its signaling connection, and what the conversation wants done."""

import asyncio
import os
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from livekit.protocol import rtc as proto
from livekit.protocol.models import VideoQuality
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.loadtest import sockets
from api.loadtest.clips import Recording
from api.loadtest.control import Control, Got
from api.loadtest.conversation import (
    Connect,
    Conversation,
    Receive,
    Rules,
    Which,
)
from api.loadtest.description import Down
from api.loadtest.errors import LoadTestError
from api.loadtest.link import CHANNELS, Link
from api.loadtest.loops import UNKNOWN
from api.loadtest.plan import Connection, Options, Seat, wish
from api.loadtest.publishing import Stream, add_streams, random_ssrc
from api.loadtest.traffic import Traffic
from sfu.transport.certificate import Certificate
from signaling.tokens import Claims, VideoGrant, mint

MESSAGE_MOST = 2**24  # bytes


@dataclass(slots=True)
class World:
    """What all participants share."""

    options: Options
    traffic: Traffic
    recording: Recording
    certificate: Certificate
    host: str  # of the server, as the URL names it
    prefix: str  # of the rooms
    publishers: int  # of each room


class Participant:
    """`run` it; `joined` says when it has keys on every connection that it needs.

    It sends nothing until `start`.
    """

    def __init__(self, seat: Seat, world: World) -> None:
        self.seat = seat
        self.joined = asyncio.Event()
        self.join_time = 0.0  # seconds, from the first byte to the keys
        options = world.options
        self._world = world
        self._is_single = options.connection is Connection.SINGLE
        links = {
            Which.PUBLISHER: Link(world.certificate, os.urandom, opens=CHANNELS),
            Which.SUBSCRIBER: Link(world.certificate, os.urandom),
        }
        rules = Rules(
            self._is_single,
            seat.publishes,
            not options.video_only,
            not options.audio_only,
            random_ssrc(),
            self._wish,
            options.rates,
        )
        self.conversation = Conversation(rules, links[Which.PUBLISHER], links[Which.SUBSCRIBER])
        self._links = links
        self._controls: dict[Which, Control] = {}
        self._downs: dict[Which, list[Down]] = {which: [] for which in Which}
        # A dual connection without a track has no publisher connection.
        self._needed = {Which.PUBLISHER} if self._is_single or seat.publishes else set()
        self._needed |= set() if self._is_single else {Which.SUBSCRIBER}
        self._began = 0.0
        self._streams: list[Stream] = []
        self._is_leaving = False
        self._socket: ClientConnection | None = None

    async def run(self) -> None:
        """Until the server ends it or the task is cancelled. Raises LoadTestError."""
        self._began = time.monotonic()
        try:
            self._socket = await self._connect()
            async for data in self._socket:
                assert isinstance(data, bytes)  # we never asked for JSON
                self.conversation.receive(proto.SignalResponse.FromString(data))
                self._act()
                await self._flush()
        except InvalidStatus as refused:
            body = (refused.response.body or b"").decode("utf-8", "replace")
            status = refused.response.status_code
            raise LoadTestError(f"the server does not let us join: {status} {body}") from None
        except ConnectionClosed:
            pass
        except OSError as error:
            raise LoadTestError(f"cannot speak with {self._world.options.url}: {error}") from None
        if not self._is_leaving:
            why = self.conversation.ended or "the connection was closed"
            raise LoadTestError(f"the server has sent a participant away: {why}")

    def start(self) -> None:
        """Begin to send; once, when it has joined."""
        moment = time.monotonic() + random.random() / 30
        for stream in self._streams:
            self._world.traffic.outgoing.start(stream.row, moment + stream.later)
        self._streams.clear()

    async def ping(self) -> None:
        self.conversation.ping(time.time())
        await self._flush()

    async def leave(self) -> None:
        self._is_leaving = True
        if self._socket is not None:
            self.conversation.leave()
            with suppress(ConnectionClosed):
                await self._flush()
                await self._socket.close()

    async def _connect(self) -> ClientConnection:
        options, seat = self._world.options, self.seat
        room = f"{self._world.prefix}-{seat.room}"
        claims = Claims(identity=seat.identity, video=VideoGrant(room_join=True, room=room))
        token = mint(claims, options.key, options.secret, now=time.time())
        return await connect(
            options.url + self.conversation.path(),
            additional_headers={"Authorization": f"Bearer {token}"},
            compression=None,
            max_size=MESSAGE_MOST,
            proxy=None,
            ping_interval=None,
        )

    async def _flush(self) -> None:
        requests, self.conversation.requests = self.conversation.requests, []
        if self._socket is not None:
            for request in requests:
                await self._socket.send(request.SerializeToString())

    def _act(self) -> None:
        actions, self.conversation.actions = self.conversation.actions, []
        for action in actions:
            if isinstance(action, Connect):
                self._begin(action)
            elif isinstance(action, Receive):
                self._downs[action.which] += action.tracks
                self._expect(action.which)

    def _begin(self, action: Connect) -> None:
        """To the address that the URL names if it is there, else to the first."""
        host = self._world.host
        known = action.remote.candidates
        address = next((each for each in known if each.ip == host), known[0])
        sock = sockets.connect(address.ip, address.port)
        self.conversation.tell_candidate(action.which, *sock.getsockname()[:2])
        link = self._links[action.which]
        link.connect(action.remote, time.monotonic(), offers=action.offers)
        ready = partial(self._note_ready, action.which)
        self._controls[action.which] = self._world.traffic.add(link, sock, ready)
        self._expect(action.which)

    def _note_ready(self, which: Which) -> None:
        if which is Which.PUBLISHER and self.seat.publishes:
            sound, mids = self.conversation.rules.ssrc, self.conversation.mids
            self._streams = add_streams(self._controls[which], self._world.recording, mids, sound)
        self._needed.discard(which)
        if not self._needed and not self.joined.is_set():
            self.join_time = time.monotonic() - self._began
            self.joined.set()

    def _expect(self, which: Which) -> None:
        """Rows for the tracks that come on a connection, once it has a socket."""
        control = self._controls.get(which)
        if control is None:
            return
        streams = self._world.traffic.incoming.streams
        for down in self._downs[which]:
            is_video = down.kind == "video"
            row = streams.add(
                control.link, down.ssrc, down.transport_cc, is_video=is_video, repairs=UNKNOWN
            )
            control.got[down.ssrc] = Got(row)
            if down.rtx_ssrc:
                streams.add(
                    control.link, down.rtx_ssrc, down.transport_cc, is_video=False, repairs=row
                )
        self._downs[which].clear()

    def _wish(self, identity: str) -> VideoQuality:
        place = int(identity.rpartition("-")[2])
        options = self._world.options
        return wish(options.layers, self.seat.place, place, self._world.publishers)
