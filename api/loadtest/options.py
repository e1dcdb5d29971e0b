"""The options of `housecall loadtest`."""

from pathlib import Path
from typing import Annotated

from typer import Option

from api.loadtest.plan import Layers

Url = Annotated[str, Option(help="The server: ws://HOST:PORT or wss://.", envvar="LIVEKIT_URL")]
ApiKey = Annotated[str, Option(help="An API key of the server.", envvar="LIVEKIT_API_KEY")]
ApiSecret = Annotated[str, Option(help="Its secret.", envvar="LIVEKIT_API_SECRET")]
Rooms = Annotated[int, Option(help="How many rooms.", min=1)]
Parties = Annotated[int, Option(help="Participants of each room.", min=1)]
Publishers = Annotated[int | None, Option(help="How many of them publish. [all]", min=1)]
Fanout = Annotated[
    str | None, Option(help="Publishers x subscribers of one room, as 1x100, instead of parties.")
]
Duration = Annotated[float, Option(help="Seconds of the measurement.", min=1)]
AudioOnly = Annotated[bool, Option("--audio-only", help="No video.")]
VideoOnly = Annotated[bool, Option("--video-only", help="No audio.")]
Single = Annotated[
    bool, Option("--single/--dual", help="One peer connection for both directions, or two.")
]
LayersOf = Annotated[Layers, Option("--layers", help="Which pictures participants want large.")]
Rates = Annotated[str, Option(help="Of the three layers of a picture, in kbit/s, smallest first.")]
Sample = Annotated[
    int, Option(help="Decrypt every so many packets; 1: all. The others are counted.", min=1)
]
Ramp = Annotated[bool, Option("--ramp", help="Measure 1, 2, 4, ... rooms, up to --rooms.")]
ServerPid = Annotated[
    int | None, Option(help="The server's process. [whoever listens on the port on this machine]")
]
Json = Annotated[
    Path | None, Option("--json", help="Add the results to this file, a line each.", dir_okay=False)
]
Plot = Annotated[
    Path | None,
    Option("--plot", help="Draw the results into this file (PNG, SVG).", dir_okay=False),
]
