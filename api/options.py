"""The options of the command line. None: not said, so the environment or the file decides."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from api.rules.auditing import Log
from api.rules.plans import Plan


class TlsMode(StrEnum):
    SELF = "self"


Config = Annotated[
    Path | None, Option(help="A LiveKit server configuration, YAML or JSON.", dir_okay=False)
]
Dev = Annotated[bool, Option("--dev", help="API key devkey with secret `secret`, on loopback.")]
Data = Annotated[Path | None, Option(help="The folder for all that is stored. [housecall-data]")]
Version = Annotated[bool, Option("--version", help="Print the version.")]

Bind = Annotated[
    list[str] | None, Option(help="An address for the page and the API; may be given again.")
]
Port = Annotated[int | None, Option(help="For HTTP and WebSocket. [7880]")]
TcpPort = Annotated[int | None, Option(help="For media over TCP; 0: none. [7881]")]
UdpPort = Annotated[
    str | None, Option(help="For media over UDP, a port or a range such as 7882-7885. [7882]")
]
Workers = Annotated[
    int | None, Option(min=0, help="Media processes; 0: none. [one for each UDP port]")
]
Gather = Annotated[
    str | None, Option(help="How long packets wait for others at low load; 0: never. [1ms]")
]
Portable = Annotated[
    bool, Option("--portable", help="Receive and send packets one by one, by public interfaces.")
]
Keys = Annotated[str | None, Option(help='API keys: "key: secret", with the space.')]
KeyFile = Annotated[Path | None, Option(help="A file of such lines, closed to others.")]
NodeIp = Annotated[str | None, Option(help="The address that clients shall send media to.")]
TlsCert = Annotated[Path | None, Option(help="Certificate chain, PEM; read again on change.")]
TlsKey = Annotated[Path | None, Option(help="Its key, PEM.")]
Tls = Annotated[TlsMode | None, Option(help="`self`: make a certificate of our own.")]
StartRoom = Annotated[str | None, Option(help="The room of the first link. [visit]")]
LogLevel = Annotated[str | None, Option(help="debug, info, warn or error. [warn]")]

Room = Annotated[str, Option(help="The room that it opens.")]
Identity = Annotated[str, Option(help="Who joins; unique in the room.")]
Name = Annotated[str, Option(help="As others see it.")]
Metadata = Annotated[str, Option(help="For the other clients to read.")]
ValidFor = Annotated[str, Option(help="For example 90s, 45m or 6h.")]
MayPublish = Annotated[bool, Option(help="May send audio and video.")]
MaySubscribe = Annotated[bool, Option(help="May receive them.")]
MayPublishData = Annotated[bool | None, Option(help="May send data and chat. [as --publish]")]
Sources = Annotated[
    list[str] | None,
    Option("--source", help="Only camera, microphone, screen_share or screen_share_audio."),
]
OwnMetadata = Annotated[bool, Option("--own-metadata", help="May change own name and metadata.")]
Hidden = Annotated[bool, Option("--hidden", help="Others do not see them.")]
Recorder = Annotated[bool, Option("--recorder", help="Records the room.")]
Admin = Annotated[bool, Option("--admin", help="May manage the room.")]
Create = Annotated[bool, Option("--create", help="May create rooms.")]

Alone = Annotated[
    bool, Option("--alone", help="Of a relay that runs without a server: `housecall turn`.")
]

OutsideUrl = Annotated[
    str | None, Option("--url", help="The page's address, to look from another machine.")
]

NewKeyFile = Annotated[
    Path | None, Option("--file", help="Add the pair to this key file instead of printing it.")
]

LinkRoom = Annotated[str, Argument(help="Letters, digits, hyphens and underscores.")]
PageUrl = Annotated[str | None, Option("--url", help="The page's address, if it is another.")]

WorkspaceName = Annotated[str, Argument(help="Small letters, digits and hyphens.")]
WorkspaceTitle = Annotated[str | None, Option("--title", help="What people call it.")]
WorkspacePlan = Annotated[Plan, Argument(help="What its visits may have.")]
WhichLog = Annotated[Log, Option("--log", help="What people did, or who came to rooms.")]
