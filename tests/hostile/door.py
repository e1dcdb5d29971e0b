"""Attacks on the HTTP port: by strangers, and by members with a good token."""

import base64
import gzip
import json
import os
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from livekit.protocol import models
from livekit.protocol import rtc as proto
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus
from websockets.sync.client import ClientConnection

from api.protocol import HEAD_TIMEOUT, LINGER
from tests.harness.signal import join_request, signal
from tests.harness.signal import target as address
from tests.hostile.call import Target
from tests.hostile.spoof import Tap
from tests.hostile.wire import is_open, pace

DEAF = 25  # sockets that never read
HALF_OPEN = 100
MEGABYTE = 1 << 20
GRANTS = {"canUpdateOwnMetadata": True}
PLACES = 61  # addresses
REFUSED = (ConnectionClosed, InvalidStatus, InvalidMessage, OSError, TimeoutError, EOFError)


def request(**fields: Any) -> bytes:
    return proto.SignalRequest(**fields).SerializeToString()


def metadata(number: int, size: int) -> bytes:
    """A request that everybody in the room hears of."""
    text = f"{number}".ljust(size, "x")
    return request(update_metadata=proto.UpdateParticipantMetadata(metadata=text))


def open_socket(target: Target, identity: str, path: str = "/rtc") -> socket.socket:
    """A member's WebSocket of which nothing is read but the answer's head."""
    token = target.server.token(identity, target.room, grants=GRANTS)
    file = socket.create_connection(("127.0.0.1", target.server.port))
    file.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    key = base64.b64encode(os.urandom(16)).decode()
    head = f"GET {address(path, token)} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
    head += "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    file.sendall(f"{head}Sec-WebSocket-Key: {key}\r\n\r\n".encode())
    assert file.recv(12) == b"HTTP/1.1 101"
    return file


def frame(data: bytes, opcode: int = 2, *, last: bool = True, reserved: int = 0) -> bytes:
    """A masked frame, with a mask of zeros (RFC 6455, section 5.2)."""
    first = bytes([last << 7 | reserved << 4 | opcode])
    if len(data) < 126:
        size = bytes([0x80 | len(data)])
    elif len(data) < 1 << 16:
        size = struct.pack("!BH", 0x80 | 126, len(data))
    else:
        size = struct.pack("!BQ", 0x80 | 127, len(data))
    return first + size + bytes(4) + data


@contextmanager
def loud(target: Target, identity: str) -> Iterator[ClientConnection]:
    """A member whose messages are read and thrown away."""
    token = target.server.token(identity, target.room, grants=GRANTS)
    with signal(target.server, token) as client:
        reader = threading.Thread(target=drain, args=(client.socket,))
        reader.start()
        try:
            yield client.socket
        finally:
            client.socket.close_socket()  # a server that has had enough would not hear a goodbye
            reader.join()


def drain(client: ClientConnection) -> None:
    with suppress(*REFUSED):
        while True:
            client.recv()


def deaf(target: Target, seconds: float) -> dict[str, Any]:
    """25 who never read, while somebody tells the room what is long."""
    sent = 0
    with ExitStack() as stack:
        for number in range(DEAF):
            stack.enter_context(open_socket(target, f"deaf-{number}"))
        speaker = stack.enter_context(loud(target, "loud"))

        def send() -> None:
            nonlocal sent
            sent += 1
            speaker.send(metadata(sent, 100_000))

        pace(seconds, 7, send)
        highest = target.memory()
    return {"sent": sent, "peak": round(highest / 1e6, 1)}


def pings(target: Target, seconds: float) -> dict[str, Any]:
    """25 who never read, and ask for answers all the time."""
    handful = frame(bytes(125), 9) * 100
    sent = 0
    with ExitStack() as stack:
        files = [stack.enter_context(open_socket(target, f"pinger-{n}")) for n in range(DEAF)]
        for file in files:
            file.settimeout(0.0)

        def send() -> None:
            nonlocal sent
            for file in files:
                with suppress(OSError):
                    sent += file.send(handful)

        pace(seconds, 200, send)
        highest = target.memory()
    return {"bytes": sent, "peak": round(highest / 1e6, 1)}


def parsing(target: Target, seconds: float) -> dict[str, Any]:
    """Frames and requests that are long to read, as fast as they are taken, by four members."""
    texts = [
        b'{"subscription":{"participantTracks":[' + b"{}," * 600_000 + b"{}]}}",
        b'{"subscription":{"trackSids":[' + b'"a",' * 400_000 + b'"a"]}}',
        b"[" * 2_000_000,
    ]
    frames = [frame(text, 1) for text in texts]
    long = offer(places()[:20], 250)
    offers = [frame(request(offer=proto.SessionDescription(type="offer", sdp=long)))]
    ended = time.monotonic() + seconds
    counts = [0] * 5

    def run(number: int) -> None:
        while time.monotonic() < ended:
            with suppress(*REFUSED), open_socket(target, f"parser-{number}") as file:
                file.settimeout(1.0)
                while time.monotonic() < ended:
                    file.sendall((frames + offers)[counts[number] % 4 if number else 3])
                    counts[number] += 1

    def post() -> None:
        """With a token that lets nobody administer anything."""
        token = target.server.token("eve", target.room)
        body = b'{"room":"x","trackSids":[' + b'"a",' * 1_200_000 + b'"a"]}'
        while time.monotonic() < ended:
            path = "/twirp/livekit.RoomService/UpdateSubscriptions"
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            with suppress(*REFUSED), target.server.connect() as file:
                file.sendall(head.encode() + body)
                assert file.recv(4096).startswith(b"HTTP/1.1 4")
                counts[4] += 1

    def run_or_post(number: int) -> None:
        if number == 4:
            post()
        else:
            run(number)

    together(run_or_post, 5)
    return {"sent": sum(counts)}


def flood(target: Target, seconds: float) -> dict[str, Any]:
    """Metadata as fast as it goes, by four members."""
    ended = time.monotonic() + seconds
    counts = [0] * 4

    def run(number: int) -> None:
        with suppress(*REFUSED), loud(target, f"flood-{number}") as client:
            while time.monotonic() < ended:
                client.send(metadata(counts[number], 20_000))
                counts[number] += 1

    together(run, 4)
    return {"sent": sum(counts)}


def together(run: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def places() -> list[str]:
    """Where a server has no business: private, multicast, broadcast, itself."""
    known = ["255.255.255.255", "224.0.0.1", "239.255.255.250", "169.254.169.254", "127.0.0.53"]
    return known + [f"10.9.{n}.7" for n in range(PLACES - len(known))]


def candidates(target: Target, seconds: float) -> dict[str, Any]:
    """A member names addresses that are not its own; how many packets go there."""
    wanted = {socket.inet_aton(place) for place in places()}
    hit = 0

    def tell(client: ClientConnection) -> None:
        for place in places():
            line = f"candidate:1 1 udp 2130706431 {place} 9999 typ host"
            init = json.dumps({"candidate": line, "sdpMid": "0", "sdpMLineIndex": 0})
            for side in (proto.SignalTarget.PUBLISHER, proto.SignalTarget.SUBSCRIBER):
                trickle = proto.TrickleRequest(candidateInit=init, target=side)
                client.send(request(trickle=trickle))

    tap = Tap()
    with loud(target, "finger") as client:
        ended = time.monotonic() + seconds
        while (left := ended - time.monotonic()) > 0:
            tell(client)
            client.send(request(offer=proto.SessionDescription(type="offer", sdp=offer(places()))))
            hit += sum(seen.target[0] in wanted for seen in tap.watch(min(2.0, left)))
    tap.close()
    assert hit == 0
    return {"told": PLACES, "packets": hit}


def offer(hosts: list[str], sections: int = 1, padding: int = 0) -> str:
    lines = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    group = " ".join(map(str, range(sections)))
    lines += [f"a=group:BUNDLE {group}"]
    for number in range(sections):
        lines += ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", f"a=mid:{number}"]
        lines += ["a=ice-ufrag:abcd", "a=ice-pwd:" + "p" * 24, "a=setup:actpass"]
        lines += ["a=fingerprint:sha-256 " + ":".join(["AB"] * 32), "a=rtcp-mux", "a=recvonly"]
        lines += ["a=rtpmap:111 opus/48000/2"]
        lines += [f"a=candidate:1 1 udp 2130706431 {host} 9999 typ host" for host in hosts]
    lines += ["a=x:" + "y" * 1000] * (padding // 1000)
    return "\r\n".join(lines) + "\r\n"


def half_open(target: Target, seconds: float) -> dict[str, Any]:
    """100 requests whose heads never end, and as many that never begin; who is still let be."""
    start = b"GET /rtc/validate HTTP/1.1\r\nHost: x\r\n"
    with ExitStack() as stack:
        make = (target.server.connect() for _ in range(2 * HALF_OPEN))
        files = [stack.enter_context(file) for file in make]
        for file in files[:HALF_OPEN]:
            file.sendall(start)
        for file in files:
            file.settimeout(0.0)
        ended = time.monotonic() + seconds
        while time.monotonic() < ended:
            for file in files[:HALF_OPEN:10]:
                with suppress(OSError):
                    file.send(b"a: b\r\n")
            time.sleep(0.1)
        held = sum(is_open(file) for file in files)
    assert held == 0 or seconds < HEAD_TIMEOUT + LINGER
    return {"opened": len(files), "held": held}


def bombs(target: Target, seconds: float) -> dict[str, Any]:
    """What is small on the wire and large behind it, and what is large altogether."""
    token = target.server.token("bomber", target.room)
    squeezed = gzip.compress(bytes(200 * MEGABYTE))
    wrapped = proto.WrappedJoinRequest(compression="GZIP", join_request=squeezed[:60_000])
    bomb = base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()
    deflated = zlib.compressobj(wbits=-15)
    flat = deflated.compress(bytes(64 * MEGABYTE)) + deflated.flush(zlib.Z_SYNC_FLUSH)
    wares = [
        frame(flat, reserved=4),
        frame(bytes(16 * MEGABYTE)),
        frame(b"", last=False) + frame(b"", 0, last=False) * 100_000,
        frame(request(offer=proto.SessionDescription(type="offer", sdp=offer([], 1, MEGABYTE)))),
        frame(request(offer=proto.SessionDescription(type="offer", sdp=offer([], 500)))),
        frame(b'{"subscription":{"participantTracks":[' + b"{}," * 600_000 + b"{}]}}", 1),
        frame(b'{"subscription":{"trackSids":[' + b'"a",' * 400_000 + b'"a"]}}', 1),
        frame(b"[" * 2_000_000, 1),
        frame(request(update_metadata=proto.UpdateParticipantMetadata(metadata="x" * 2_000_000))),
    ]
    sent = 0
    ended = time.monotonic() + seconds
    while time.monotonic() < ended:
        with suppress(*REFUSED), signal(target.server, token, join_request=bomb):
            raise AssertionError("a bomb was let in")
        for ware in wares:
            with suppress(*REFUSED), open_socket(target, "bomber") as file:
                file.settimeout(1.0)
                file.sendall(ware)
                sent += 1
    return {"sent": sent}


def tokens(target: Target, seconds: float) -> dict[str, Any]:
    """Keys to the wrong door, forged ones, and none."""
    server, room = target.server, target.room
    good = server.token("eve", room)
    head, body, seal = good.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    public = base64.urlsafe_b64encode(b'{"alg":"RS256","typ":"JWT"}').rstrip(b"=").decode()
    bad = [
        "", "x", "x.y.z", f"{none}.{body}.", f"{public}.{body}.{seal}", f"{head}.{body}.",
        f"{head}.{body}.{seal[:-2]}", server.token("eve", room, lifetime=-3600),
        server.token("eve", ""),
        server.token("eve", room, grants={"roomJoin": False}), "a" * 60_000, "a." * 20_000,
    ]  # fmt: skip
    count = 0
    ended = time.monotonic() + seconds
    while time.monotonic() < ended:
        for token in bad:
            for path in ("/rtc/validate", "/rtc/v1/validate"):
                status, _ = server.get(address(path, token))
                assert 400 <= status < 500, (status, token[:80])
                count += 1
    return {"sent": count}


def meddling(target: Target, seconds: float) -> dict[str, Any]:
    """A member who knows every sid acts on others' tracks, sessions and connections."""
    server, room = target.server, target.room
    token = server.token("meddler", room)
    count = 0
    with signal(server, token) as client:
        others = client.wait_for("join").other_participants
        sids = [track.sid for other in others for track in other.tracks]
        people = [other.sid for other in others]
        assert len(sids) >= 2

        def send() -> None:
            nonlocal count
            count += 1
            for sid in sids:
                client.send(mute=proto.MuteTrackRequest(sid=sid, muted=True))
                client.send(update_audio_track=proto.UpdateLocalAudioTrack(track_sid=sid))
                client.send(add_track=proto.AddTrackRequest(sid=sid, cid="x", type="AUDIO"))
                permission = proto.TrackPermission(track_sids=[sid])
                client.send(
                    subscription_permission=proto.SubscriptionPermission(
                        track_permissions=[permission]
                    )
                )

        pace(seconds / 2, 5, send)
        client.socket.close_socket()
    ended = time.monotonic() + seconds / 2
    while time.monotonic() < ended:  # somebody else's session
        for sid in people:
            resume = join_request(reconnect=True, participant_sid=sid)
            with signal(server, token, join_request=resume) as client:
                leave = client.wait_for("leave")
            assert leave.reason == models.DisconnectReason.STATE_MISMATCH
            count += 1
    return {"sent": count}
