"""A visit to a running server: publish into a room by WHIP, see what clients are told, leave."""

import http.client
import os
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from signaling.tokens import Claims, VideoGrant, mint
from turn.stun import Attribute, Class, Message, Method

ROOM = "housecall-doctor"
PATIENCE = 5.0  # seconds for each answer of the page
UFRAG, PASSWORD = "drdr", "doctordoctordoctordoctor"
OFFER = "\r\n".join(
    [
        "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", f"a=ice-ufrag:{UFRAG}",
        f"a=ice-pwd:{PASSWORD}", "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "a=setup:actpass", "a=mid:0", "a=sendonly", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2", "",
    ]
)  # fmt: skip
CANDIDATE = re.compile(r"^a=candidate:\S+ 1 (udp|tcp) \d+ (\S+) (\d+) ", re.MULTILINE)
LINK = re.compile(r'<([^>]+)>; rel="ice-server"(?:; username="([^"]*)"; credential="([^"]*)")?')


class VisitError(Exception):
    """The server does not let us in; the message is its answer."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page answers."""

    host: str
    port: int
    secure: bool

    @classmethod
    def parse(cls, url: str) -> "Place":
        """ValueError when it is none."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not an http or https address")
        secure = parts.scheme == "https"
        return cls(parts.hostname, parts.port or (443 if secure else 80), secure)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}/"


@dataclass(frozen=True, slots=True)
class Candidate:
    protocol: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class IceServer:
    url: str
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a client is told with its join."""

    candidates: list[Candidate]
    servers: list[IceServer]
    ufrag: str
    password: str
    own: str = UFRAG  # our part of the name by which media knows a check

    def check(self) -> tuple[bytes, bytes]:
        """A check that media answers (RFC 8445, section 7.2), and its transaction."""
        transaction = os.urandom(12)
        attributes = [
            (int(Attribute.USERNAME), f"{self.ufrag}:{self.own}".encode()),
            (int(Attribute.PRIORITY), bytes([110, 0, 30, 255])),
            (int(Attribute.ICE_CONTROLLING), bytes(8)),
        ]
        message = Message(Method.BINDING, Class.REQUEST, transaction, attributes)
        return message.sealed(self.password.encode()), transaction


def request(
    place: Place, method: str, path: str, headers: Mapping[str, str], body: str = ""
) -> tuple[int, str, Mapping[str, list[str]]]:
    """Whoever vouches for the certificate: that is looked at elsewhere. OSError."""
    connection: http.client.HTTPConnection
    if place.secure:
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            place.host, place.port, timeout=PATIENCE, context=anybody
        )
    else:
        connection = http.client.HTTPConnection(place.host, place.port, timeout=PATIENCE)
    try:
        connection.request(method, path, body or None, dict(headers))
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        found = {name: answer.headers.get_all(name, []) for name in ("Location", "Link")}
        return answer.status, text, found
    except http.client.HTTPException as error:
        raise ConnectionError(f"what answers there is no web server ({error!r})") from None
    finally:
        connection.close()


@contextmanager
def visit(place: Place, key: str, secret: str) -> Iterator[Told]:
    """A room of our own, which is empty again afterwards. Raises VisitError, OSError."""
    claims = Claims(
        identity=f"doctor-{os.urandom(4).hex()}",
        video=VideoGrant(room_join=True, room=ROOM, room_create=True, hidden=True),
    )
    token = mint(claims, key, secret, now=time.time(), validity=60)
    bearer = {"Authorization": f"Bearer {token}"}
    headers = {**bearer, "Content-Type": "application/sdp"}
    status, sdp, found = request(place, "POST", "/whip/v1", headers, OFFER)
    if status != 201:
        raise VisitError(f"{status} {sdp.strip()}")
    try:
        yield read(sdp, found["Link"])
    finally:
        request(place, "DELETE", found["Location"][0], bearer)


def read(sdp: str, links: list[str]) -> Told:
    credentials = dict(re.findall(r"^a=(ice-ufrag|ice-pwd):(\S+)", sdp, re.MULTILINE))
    candidates = [Candidate(p, host, int(port)) for p, host, port in CANDIDATE.findall(sdp)]
    servers = [
        IceServer(url, unquote(name), unquote(password))
        for link in links
        for url, name, password in LINK.findall(link)
    ]
    return Told(candidates, servers, credentials["ice-ufrag"], credentials["ice-pwd"])
