"""One who talks, so that every packet tells when it left and the kernel when it came.

Its connection is the load test's, its sound nothing but the time: a gap is told apart from a
sender that was late.
"""

import asyncio
import os
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from livekit.protocol import rtc as proto
from websockets.asyncio.client import ClientConnection, connect

from api.loadtest import sockets
from api.loadtest.conversation import AUDIO_CID, Connect, Conversation, Rules, Which
from api.loadtest.description import OPUS
from api.loadtest.headers import LEVEL_ID, MID_ID, VOICE_LEVEL, template
from api.loadtest.link import CHANNELS, Link
from api.loadtest.publishing import random_ssrc
from sfu.mux import PacketClass, classify
from sfu.transport.certificate import Certificate
from turn.aio.mmsg import SO_TIMESTAMPNS

FRAME = 0.02  # seconds of sound in a packet
SAMPLES = 960
PAYLOAD = struct.Struct("!QI60x")  # ns of the wall clock at the sending, number
STAMP = struct.Struct("qq")
MOST = 2048


@dataclass
class Heard:
    """What came of one talker: when each packet left and when it came, in ns."""

    sent: list[int] = field(default_factory=list)
    came: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def gaps(self, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Between these times: how long, less what the sender itself was late; from when to when.

        All in ns.
        """
        if not self.came:
            yield end - begin, begin, end
            return
        yield self.came[0] - begin, begin, self.came[0]
        yield end - self.came[-1], self.came[-1], end
        pairs = zip(self.sent, self.came, self.sent[1:], self.came[1:], strict=False)
        for sent, came, next_sent, next_came in pairs:
            own = max(0, next_sent - sent - int(FRAME * 1e9))
            yield next_came - came - own, came, next_came

    def lost(self) -> int:
        whole = max(self.numbers) - min(self.numbers) + 1 if self.numbers else 0
        return whole - len(set(self.numbers))


class Talker:
    """`run` it; it has `joined` when it talks."""

    def __init__(self, *, single: bool) -> None:
        certificate = Certificate()
        links = {
            Which.PUBLISHER: Link(certificate, os.urandom, opens=CHANNELS),
            Which.SUBSCRIBER: Link(certificate, os.urandom),
        }
        self.joined = asyncio.Event()
        self.heard: dict[int, Heard] = {}  # by SSRC
        self._links = links
        self._ssrc = random_ssrc()
        self._conversation = Conversation(
            Rules(single, True, True, False, self._ssrc, lambda _: 0),  # type: ignore[arg-type,return-value]
            links[Which.PUBLISHER],
            links[Which.SUBSCRIBER],
        )
        self._loop = asyncio.get_running_loop()
        self._files: dict[Which, socket.socket] = {}
        self._socket: ClientConnection | None = None
        self._number = 0
        self._head = b""

    async def run(self, url: str, token: str) -> None:
        """Until the server ends it, which is a fault, or it is cancelled."""
        self._socket = await connect(
            url + self._conversation.path(),
            additional_headers={"Authorization": f"Bearer {token}"},
            compression=None,
            proxy=None,
        )
        talking = self._loop.create_task(self._talk())
        try:
            async for data in self._socket:
                assert isinstance(data, bytes)
                self._conversation.receive(proto.SignalResponse.FromString(data))
                self._act()
                await self._flush()
        finally:
            talking.cancel()
            for file in self._files.values():
                self._loop.remove_reader(file)
                file.close()
        raise RuntimeError(f"a talker was sent away: {self._conversation.ended}")

    async def leave(self) -> None:
        self._conversation.leave()
        await self._flush()

    async def _flush(self) -> None:
        requests, self._conversation.requests = self._conversation.requests, []
        assert self._socket is not None
        for request in requests:
            await self._socket.send(request.SerializeToString())

    def _act(self) -> None:
        actions, self._conversation.actions = self._conversation.actions, []
        for action in actions:
            if isinstance(action, Connect):
                self._begin(action)

    def _begin(self, action: Connect) -> None:
        place = action.remote.candidates[0]
        file = sockets.connect(place.ip, place.port)
        self._files[action.which] = file
        self._conversation.tell_candidate(action.which, *file.getsockname()[:2])
        self._links[action.which].connect(action.remote, time.monotonic(), offers=action.offers)
        self._loop.add_reader(file, self._read, action.which)
        self._send(action.which)

    async def _talk(self) -> None:
        """A packet every 20 ms, and whatever the connections have to do by the clock."""
        due = self._loop.time()
        asked = due
        while True:
            now = time.monotonic()
            for which in self._files:
                if self._links[which].next_timeout() <= now:
                    self._links[which].handle_timeout(now)
                    self._send(which)
            self._say()
            if due > asked + 5:
                asked = due
                self._conversation.ping(time.time())
                await self._flush()
            due += FRAME
            await asyncio.sleep(max(0.0, due - self._loop.time()))

    def _say(self) -> None:
        protection = self._links[Which.PUBLISHER].protection
        if protection is None:
            return
        if not self._head:
            mid = self._conversation.mids[AUDIO_CID].encode()
            elements = [(LEVEL_ID, bytes([VOICE_LEVEL])), (MID_ID, mid)]
            self._head = template(OPUS, self._ssrc, elements).data
            self.joined.set()
        self._number += 1
        head = bytearray(self._head)
        struct.pack_into("!HI", head, 2, self._number & 0xFFFF, self._number * SAMPLES)
        packet = protection.protect(bytes(head) + PAYLOAD.pack(time.time_ns(), self._number))
        assert packet is not None
        self._files[Which.PUBLISHER].send(packet)

    def _send(self, which: Which) -> None:
        for datagram in self._links[which].take_datagrams():
            self._files[which].send(datagram)

    def _read(self, which: Which) -> None:
        while True:
            try:
                data, stamps, _, _ = self._files[which].recvmsg(MOST, 64)
            except BlockingIOError:
                break
            if classify(data) is PacketClass.MEDIA:
                self._hear(which, data, stamps)
            else:
                source = self._files[which].getpeername()
                self._links[which].receive(data, source[:2], time.monotonic())
        self._send(which)

    def _hear(self, which: Which, data: bytes, stamps: list[tuple[int, int, bytes]]) -> None:
        protection = self._links[which].protection
        if protection is None or 64 <= data[1] & 0x7F < 96 or data[1] & 0x7F != OPUS:
            return
        plain = protection.unprotect(data)
        if plain is None or len(plain) < PAYLOAD.size:
            return  # the silence that the server puts behind a track that ends is short
        came = next(
            seconds * 1_000_000_000 + rest
            for level, kind, stamp in stamps
            if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS)
            for seconds, rest in [STAMP.unpack(stamp)]
        )
        sent, number = PAYLOAD.unpack(plain[-PAYLOAD.size :])
        heard = self.heard.setdefault(int.from_bytes(plain[8:12], "big"), Heard())
        heard.sent.append(sent)
        heard.came.append(came)
        heard.numbers.append(number)
