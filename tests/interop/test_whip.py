"""WHIP: aiortc publishes with one HTTP request, PyPI's livekit hears it."""

import asyncio
import fractions
import http.client
import json
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiortc
import numpy as np
import pytest
from av import AudioFrame

from tests.harness.server import Server
from tests.interop.party import parties

pytestmark = pytest.mark.anyio

RATE, SAMPLES = 48000, 960
SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}


class Tone(aiortc.MediaStreamTrack):
    kind = "audio"

    def __init__(self, frequency: float) -> None:
        super().__init__()
        self._step = 2 * math.pi * frequency / RATE
        self._at = 0
        self._begun = asyncio.get_running_loop().time()

    async def recv(self) -> AudioFrame:
        due = self._begun + self._at / RATE
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        wave = np.sin(self._step * np.arange(self._at, self._at + SAMPLES)) * 8000
        frame = AudioFrame.from_ndarray(wave.astype(np.int16)[None, :], "s16", "mono")
        frame.pts, frame.sample_rate = self._at, RATE
        frame.time_base = fractions.Fraction(1, RATE)
        self._at += SAMPLES
        return frame


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str


async def ask(
    server: Server,
    method: str,
    path: str,
    body: str = "",
    headers: Mapping[str, str] | None = None,
    token: str | None = None,
) -> Answer:
    def exchange() -> Answer:
        connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
        given = dict(headers or {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        connection.request(method, path, body.encode(), given)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return Answer(response.status, dict(response.getheaders()), text)

    return await asyncio.to_thread(exchange)


def named(answer: Answer, name: str) -> str:
    return next(value for key, value in answer.headers.items() if key.lower() == name)


@asynccontextmanager
async def publishing(
    server: Server, token: str, heard: asyncio.Queue[Any] | None = None, codec: str = ""
) -> AsyncIterator[tuple[Any, Answer]]:
    """`heard`: gets the data channel, then what comes by it. `codec`: all that it can send."""
    assert aiortc.__version__ == "1.16.0"  # what the tests claim to prove
    connection = aiortc.RTCPeerConnection()
    transceiver = connection.addTransceiver(Tone(600), direction="sendonly")
    if codec:
        known = aiortc.RTCRtpSender.getCapabilities("audio").codecs
        transceiver.setCodecPreferences([one for one in known if one.mimeType == codec])
    if heard is not None:
        channel = connection.createDataChannel("remarks")
        channel.on("open", lambda: heard.put_nowait(channel))
        channel.on("message", heard.put_nowait)
    await connection.setLocalDescription(await connection.createOffer())
    offer = connection.localDescription.sdp
    answer = await ask(server, "POST", "/whip/v1", offer, SDP, token)
    assert answer.status == 201, answer.text
    await connection.setRemoteDescription(aiortc.RTCSessionDescription(answer.text, "answer"))
    try:
        yield connection, answer
    finally:
        await connection.close()


async def test_a_publisher_with_one_request(server: Server, room: str, single: bool) -> None:
    token = server.token("camera", room)
    async with parties(server, room, "ann", single=single) as (ann,):
        async with publishing(server, token) as (_, answer):
            assert named(answer, "content-type") == "application/sdp"
            place = named(answer, "location")
            assert place.startswith("/whip/v1/PA_")
            assert await ann.hears_tone_of("camera") == pytest.approx(600, abs=4)

            etag = named(answer, "etag")
            trickle = FRAGMENT | {"If-Match": etag}
            assert (await ask(server, "PATCH", place, "a=x", trickle, token)).status == 204
            other = server.token("eve", room)
            assert (await ask(server, "DELETE", place, "", {}, other)).status == 404
            assert (await ask(server, "DELETE", place, "", {}, token)).status == 200
            await ann.until(lambda: not ann.room.remote_participants, "sees it leave")
        assert (await ask(server, "DELETE", place, "", {}, token)).status == 404


@pytest.mark.parametrize("is_apart", [False, True], ids=["one section", "two sections"])
async def test_a_client_names_what_it_wants_to_hear(
    server: Server, room: str, is_apart: bool
) -> None:
    """Its only offer is answered when that is there."""
    info = json.dumps({"subscribedParticipantTrackNames": {"ann": ["tone"]}})
    connection = aiortc.RTCPeerConnection()
    if is_apart:
        connection.addTransceiver(Tone(600), direction="sendonly")
        heard = connection.addTransceiver("audio", direction="recvonly").receiver
    else:
        heard = connection.addTransceiver(Tone(600), direction="sendrecv").receiver
    await connection.setLocalDescription(await connection.createOffer())
    offer, token = connection.localDescription.sdp, server.token("camera", room)
    try:
        async with parties(server, room, "ann", single=True) as (ann,), asyncio.timeout(15):
            asked = asyncio.create_task(
                ask(server, "POST", "/whip/v1", offer, SDP | {"X-LiveKit-ClientInfo": info}, token)
            )
            await ann.until(lambda: "camera" in ann.room.remote_participants, "sees it come")
            assert not asked.done()
            await ann.publish_tone(440)
            answer = await asked
            assert answer.status == 201, answer.text
            await connection.setRemoteDescription(
                aiortc.RTCSessionDescription(answer.text, "answer")
            )
            assert await pitch(heard.track) == pytest.approx(440, abs=4)
            assert await ann.hears_tone_of("camera") == pytest.approx(600, abs=4)
    finally:
        await connection.close()


async def pitch(track: Any) -> float:
    """Of a track of aiortc's, over half a second that is loud from its beginning."""
    samples: list[int] = []
    while len(samples) < RATE / 2:
        frame = await track.recv()
        sound = frame.to_ndarray()[0, ::2]  # of two ears one
        samples = [*samples, *sound] if np.abs(sound).max() > 500 else []
    spectrum = np.abs(np.fft.rfft(np.array(samples) * np.hanning(len(samples))))
    return float(spectrum.argmax() * RATE / len(samples))


async def test_data_go_to_and_fro_without_livekit_s_form(
    server: Server, room: str, single: bool
) -> None:
    heard: asyncio.Queue[Any] = asyncio.Queue()
    async with (
        parties(server, room, "ann", single=single) as (ann,),
        publishing(server, server.token("camera", room), heard),
        asyncio.timeout(10),
    ):
        channel = await heard.get()
        channel.send(b"\xffpulse 71")
        await ann.until(lambda: ann.heard, "gets the camera's data")
        assert ann.heard[0].data == b"\xffpulse 71"
        assert ann.heard[0].participant is not None
        assert ann.heard[0].participant.identity == "camera"

        await ann.room.local_participant.publish_data(b"look left")
        assert await heard.get() == b"look left"


@pytest.mark.parametrize("codec", ["audio/PCMU", "audio/PCMA"])
async def test_a_publisher_that_has_a_telephone_s_codec_alone(
    server: Server, room: str, single: bool, codec: str
) -> None:
    token = server.token("camera", room)
    async with (
        parties(server, room, "ann", single=single) as (ann,),
        publishing(server, token, codec=codec),
    ):
        assert await ann.hears_tone_of("camera") == pytest.approx(600, abs=4)
        (track,) = ann.room.remote_participants["camera"].track_publications.values()
        assert track.mime_type.lower() == codec.lower()


async def test_an_ice_restart(server: Server, room: str) -> None:
    token = server.token("camera", room)
    async with publishing(server, token) as (_, answer):
        place, etag = named(answer, "location"), named(answer, "etag")
        fragment = "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
        headers = FRAGMENT | {"If-Match": "*"}
        restarted = await ask(server, "PATCH", place, fragment, headers, token)

        assert restarted.status == 200
        assert named(restarted, "etag") != etag
        assert f"a=ice-ufrag:{named(restarted, 'etag').strip(chr(34))}" in restarted.text
        assert "a=candidate:" in restarted.text
        old = FRAGMENT | {"If-Match": etag}
        assert (await ask(server, "PATCH", place, fragment, old, token)).status == 412
        broken = await ask(server, "PATCH", place, "a=ice-ufrag:!", headers, token)
        assert broken.status == 400


async def test_what_is_refused(server: Server, room: str) -> None:
    token = server.token("camera", room)
    post = "POST", "/whip/v1"

    async def error(*request: Any) -> tuple[int, str]:
        answer = await ask(server, *request)
        return answer.status, answer.text

    status, text = await error(*post, "v=0", {"Content-Type": "text/plain"}, token)
    assert (status, text) == (400, '{"error":"unsupported content-type: text/plain"}')
    assert await error(*post, "v=0", SDP) == (401, '{"error":"permissions denied"}')
    assert await error(*post, "", SDP, token) == (400, '{"error":"body does not have SDP offer"}')
    status, text = await error(*post, "nonsense", SDP, token)
    assert status == 400
    assert "malformed SDP offer" in text
    assert (await error(*post, "v=0", SDP, server.token("", room)))[0] == 400
    large = "v=0\r\n" + "a=x\r\n" * 300_000
    assert (await error(*post, large, SDP, token))[0] == 413
    assert (await error("PATCH", "/whip/v1/PA_x", "", FRAGMENT, token))[0] == 428
    match = FRAGMENT | {"If-Match": "x"}
    assert (await error("PATCH", "/whip/v1/PA_x", "", match, token))[0] == 404
    assert (await error("GET", "/whip/v1", "", {}))[0] == 204
    options = await ask(server, "OPTIONS", "/whip/v1")
    assert (options.status, named(options, "accept-post")) == (200, "application/sdp")
