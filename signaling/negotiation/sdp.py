"""Session descriptions as text: lines to sections and back (RFC 8866).

Attributes keep their text; what they mean is read by the modules that need it.
"""

import re
from dataclasses import dataclass, field

from signaling.errors import SignalingError

MAX_LENGTH = 512 * 1024  # characters; 256 sections of a browser make 350 KB
MAX_SECTIONS = 256  # bounds the work that one offer can cause
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}")  # RFC 8866, section 9

Attributes = dict[str, list[str]]  # name -> values in their order; "" for a flag


class SdpError(SignalingError):
    """The text is not a session description that we can read."""


def number(text: str, limit: int) -> int | None:
    """A decimal number of 0 to `limit`; None for anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        return None
    value = int(text)
    return value if value <= limit else None


@dataclass(slots=True)
class Section:
    """One media section: its m-line and attributes. The connection address is always unspecified:
    addresses are those of the candidates (RFC 8840, section 4.1.1)."""

    kind: str  # "audio", "video", "application" or whatever the client says
    proto: str
    formats: list[str]
    port: int = 9
    attributes: Attributes = field(default_factory=dict)

    def __str__(self) -> str:
        head = f"m={self.kind} {self.port} {self.proto} {' '.join(self.formats)}\r\n"
        return f"{head}c=IN IP4 0.0.0.0\r\n{_write(self.attributes)}"

    def add(self, name: str, value: object = "") -> None:
        self.attributes.setdefault(name, []).append(str(value))

    def values(self, name: str) -> list[str]:
        return self.attributes.get(name, [])

    def value(self, name: str) -> str | None:
        found = self.attributes.get(name)
        return found[0] if found else None

    @property
    def mid(self) -> str:
        return self.value("mid") or ""

    @property
    def direction(self) -> str:
        """`sendrecv` unless another is given (RFC 8866, section 6.7)."""
        return next((each for each in DIRECTIONS if each in self.attributes), "sendrecv")

    @property
    def is_refused(self) -> bool:
        """Port 0, and not merely because the address is that of the bundle (RFC 9143, 6)."""
        return not self.port and "bundle-only" not in self.attributes

    @classmethod
    def parse(cls, line: str) -> "Section":
        """From the value of an m-line."""
        fields = line.split(" ")
        if len(fields) < 4:
            raise SdpError("an m-line is too short")
        port = number(fields[1].partition("/")[0], 0xFFFF)
        if port is None:
            raise SdpError("an m-line has no port")
        if not all(map(TOKEN.fullmatch, (fields[0], *fields[2].split("/"), *fields[3:]))):
            raise SdpError("an m-line has an unreadable field")
        return cls(fields[0], fields[2], fields[3:], port)


@dataclass(slots=True)
class Description:
    """A whole session description."""

    attributes: Attributes = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)
    session: int = 0  # the o-line's identifier: one for all descriptions of a connection
    version: int = 0  # and its version, one more in each

    def __str__(self) -> str:
        origin = f"o=- {self.session} {self.version} IN IP4 0.0.0.0\r\n"
        head = f"v=0\r\n{origin}s=-\r\nt=0 0\r\n{_write(self.attributes)}"
        return head + "".join(map(str, self.sections))

    def add(self, name: str, value: object = "") -> None:
        self.attributes.setdefault(name, []).append(str(value))

    def values(self, name: str, section: Section) -> list[str]:
        """Of the section, else of the session, for what may be given in either."""
        return section.values(name) or self.attributes.get(name, [])

    @property
    def bundle(self) -> list[str]:
        """The mids of the first BUNDLE group."""
        for group in self.attributes.get("group", []):
            name, *mids = group.split()
            if name == "BUNDLE":
                return mids
        return []

    @classmethod
    def parse(cls, text: str) -> "Description":
        """Read a description. Lines that no WebRTC client needs are passed over.

        Raises SdpError when it is too large, when its m-lines cannot be read, or when sections
        lack a mid of their own (RFC 9143, section 9).
        """
        if len(text) > MAX_LENGTH:
            raise SdpError("the description is too long")
        if not text.startswith("v=0"):
            raise SdpError("the text is not a session description")
        description = cls()
        attributes = description.attributes
        for line in text.split("\n"):
            line = line.removesuffix("\r")
            if "\r" in line:  # our answer repeats parts of lines
                raise SdpError("a line has a carriage return within")
            if line.startswith("a="):
                name, _, value = line[2:].partition(":")
                attributes.setdefault(name, []).append(value)
            elif line.startswith("m="):
                description.sections.append(Section.parse(line[2:]))
                attributes = description.sections[-1].attributes
        description._check()
        return description

    def _check(self) -> None:
        if len(self.sections) > MAX_SECTIONS:
            raise SdpError(f"more than {MAX_SECTIONS} media sections")
        mids = [section.mid for section in self.sections]
        if not all(TOKEN.fullmatch(mid) for mid in mids):
            raise SdpError("a media section has no readable mid")
        if len(set(mids)) < len(mids):
            raise SdpError("two media sections have the same mid")


def _write(attributes: Attributes) -> str:
    return "".join(
        f"a={name}:{value}\r\n" if value else f"a={name}\r\n"
        for name, values in attributes.items()
        for value in values
    )
