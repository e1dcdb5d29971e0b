"""The command line: `housecall up`, `turn`, `token`, `link`, `loadtest`."""

import atexit
import gc
import os
import sys
import time
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console

from api import logs
from api import options as o
from api.backup.commands import register as register_backup
from api.backup.errors import BackupError
from api.datafolder import DataFolder, DataFolderError, add_pair, new_pair
from api.handles import raise_limit
from api.listen import ListenError
from api.loadtest import options as lt
from api.loadtest.errors import LoadTestError
from api.loadtest.plan import Connection, Layers, Options, check_url, parse_fanout, parse_rates
from api.plan import default_binds, find_keys, make_plan, warnings
from api.rules.auditing import Log
from api.rules.durations import parse_duration
from api.rules.links import LinkError, make_fragment
from api.settings import Settings, SettingsError, load, structured
from api.store.errors import StoreError
from api.tls import TlsError
from api.welcome import page_address, welcome
from sfu.aio.reserve import loading
from signaling.tokens import Claims, VideoGrant, mint

REFUSALS = (
    SettingsError, DataFolderError, TlsError, ListenError, LinkError, LoadTestError, StoreError,
    BackupError,
)  # fmt: skip

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, and with them secrets
    help="A video visit from your own machine.",
)
audit = typer.Typer(help="The clinic's audit log, and its log of joins.")
app.add_typer(audit, name="audit")
# As it stands: Rich would take `[` for markup, and the `:AB:` of a fingerprint for an emoji.
out = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
err = Console(soft_wrap=True, highlight=False, markup=False, emoji=False, stderr=True)


def main() -> None:
    """Every refusal is its sentence on standard error, and exit status 1."""
    logs.catch_all()
    atexit.register(gc.freeze)  # all is let go then: a last look for cycles takes half a second
    try:
        app()
    except REFUSALS as error:
        fail(str(error))


def fail(sentence: str) -> NoReturn:
    err.print(f"housecall: {sentence}", style="red")
    raise SystemExit(1)


@app.callback(invoke_without_command=True)
def housecall(context: typer.Context, version: o.Version = False) -> None:
    if version:
        out.print(f"housecall {installed_version('housecall')}")
    elif context.invoked_subcommand is None:
        out.print(context.get_help())


@app.command("serve", hidden=True)
@app.command()
def up(
    config: o.Config = None,
    dev: o.Dev = False,
    data: o.Data = None,
    bind: o.Bind = None,
    port: o.Port = None,
    tcp_port: o.TcpPort = None,
    udp_port: o.UdpPort = None,
    workers: o.Workers = None,
    gather: o.Gather = None,
    portable: o.Portable = False,
    keys: o.Keys = None,
    key_file: o.KeyFile = None,
    node_ip: o.NodeIp = None,
    tls_cert: o.TlsCert = None,
    tls_key: o.TlsKey = None,
    tls: o.Tls = None,
    room: o.StartRoom = None,
    log_level: o.LogLevel = None,
) -> None:
    """Start the server and print the link to the first room."""
    is_own = True if tls is o.TlsMode.SELF else None
    flags = {
        "dev": dev or None,
        "data": data,
        "bind_addresses": bind or None,
        "port": port,
        "keys": None if keys is None else structured(keys, "--keys"),
        "key_file": None if key_file is None else str(key_file),
        "workers": workers,
        "start_room": room,
        "media": {"gather": gather, "portable": portable or None},
        "logging": {"level": log_level},
        "rtc": {"tcp_port": tcp_port, "udp_port": udp_port, "node_ip": node_ip},
        "tls": {"cert_file": tls_cert, "key_file": tls_key, "self_signed": is_own},
    }
    serve(read(flags, config), config)


def serve(settings: Settings, config: Path | None) -> None:
    logs.configure(settings)
    plan = make_plan(settings, has_file=has_file(config))

    def announce(port: int, setup: str | None) -> None:
        for sentence in warnings(plan):
            err.print(f"housecall: {sentence}", style="yellow")
        for line in welcome(plan, port, setup):
            out.print(line)

    raise_limit()
    with loading(len(plan.workers)) as ahead:
        from api.run import Forced, run  # most of what a server needs: media loads beside it

        try:
            run(plan, ahead, announce)
        except Forced:
            fail("ended at once, as a second signal asked for")


@app.command()
def turn(config: o.Config = None, log_level: o.LogLevel = None) -> None:
    """Run the relay alone, for media servers elsewhere."""
    from api.relayalone import run_alone

    settings = read({"logging": {"level": log_level}}, config)
    logs.configure(settings)

    def announce(urls: list[str]) -> None:
        if not settings.turn.allow_restricted_peer_cidrs:
            sentence = "nobody can be reached: name the networks of peers in turn.allow_peers"
            err.print(f"housecall: {sentence}", style="yellow")
        out.print("Relaying at:")
        for url in urls:
            out.print(f"  {url}")

    run_alone(settings, announce)


@app.command()
def doctor(
    config: o.Config = None,
    dev: o.Dev = False,
    data: o.Data = None,
    alone: o.Alone = False,
    url: o.OutsideUrl = None,
) -> None:
    """Look whether the running server works for clients, and say what is to be done if not."""
    import ssl

    from api.doctor.alone import examine_alone
    from api.doctor.examine import examine, examine_from_outside
    from api.doctor.findings import Mark

    settings = read({"dev": dev or None, "data": data}, config)
    logs.configure(settings)
    trusted = ssl.create_default_context()
    if alone:
        findings = examine_alone(settings, trusted)
    elif url is not None:
        keys = find_keys(settings, DataFolder(settings.data), has_file=has_file(config))
        findings = examine_from_outside(keys, url, trusted)
    else:
        findings = examine(make_plan(settings, has_file=has_file(config)), trusted)
    marks = []
    for finding in findings:
        out.print(str(finding))
        marks.append(finding.mark)
    if Mark.BAD in marks:
        raise SystemExit(1)


@app.command()
def token(
    room: o.Room,
    identity: o.Identity,
    name: o.Name = "",
    metadata: o.Metadata = "",
    valid_for: o.ValidFor = "6h",
    publish: o.MayPublish = True,
    subscribe: o.MaySubscribe = True,
    publish_data: o.MayPublishData = None,
    source: o.Sources = None,
    own_metadata: o.OwnMetadata = False,
    hidden: o.Hidden = False,
    recorder: o.Recorder = False,
    admin: o.Admin = False,
    create: o.Create = False,
    config: o.Config = None,
    dev: o.Dev = False,
    data: o.Data = None,
) -> None:
    """Print a token that lets somebody join a room with any LiveKit client."""
    settings = read({"dev": dev or None, "data": data}, config)
    keys = find_keys(settings, DataFolder(settings.data), has_file=has_file(config))
    grant = VideoGrant(
        room_join=True,
        room=room,
        can_publish=None if publish else False,
        can_subscribe=None if subscribe else False,
        can_publish_data=publish_data,
        can_publish_sources=tuple(source or ()),
        can_update_own_metadata=own_metadata,
        hidden=hidden,
        recorder=recorder,
        room_admin=admin,
        room_create=create,
    )
    claims = Claims(identity=identity, name=name, metadata=metadata, video=grant)
    key, secret = next(iter(keys.items()))
    validity = duration(valid_for)
    out.print(mint(claims, key, secret, now=time.time(), validity=validity))


@app.command("generate-keys", hidden=True)
@app.command("keys")
def make_keys(file: o.NewKeyFile = None) -> None:
    """Make an API key and its secret."""
    key, secret = new_pair()
    if file is None:
        out.print(f"API Key:  {key}\nAPI Secret:  {secret}", soft_wrap=True, highlight=False)
    else:
        add_pair(file, key, secret)
        out.print(f"{key} is in {file}", soft_wrap=True, highlight=False)


@app.command()
def link(
    room: o.LinkRoom, url: o.PageUrl = None, config: o.Config = None, data: o.Data = None
) -> None:
    """Print the link to a room: whoever has it may enter, for as long as the data folder stays."""
    settings = read({"data": data, "page_url": url}, config)
    fragment = make_fragment(DataFolder(settings.data).link_key(), room)
    binds = settings.bind_addresses or default_binds(settings, has_file(config))
    out.print(page_address(settings, binds, settings.port) + fragment)


@app.command()
def migrate(config: o.Config = None, data: o.Data = None) -> None:
    """Bring the clinic's tables to this version; on PostgreSQL as the role that owns them."""
    from api.operator import migrate_tables

    migrate_tables(read({"data": data}, config))
    out.print("The tables are of this version.")


@app.command()
def workspace(
    slug: o.WorkspaceName, title: o.WorkspaceTitle = None, url: o.PageUrl = None,
    config: o.Config = None, data: o.Data = None,
) -> None:  # fmt: skip
    """Make a workspace if there is none of that name, and print a one-time link for an owner."""
    from api.operator import invite

    settings = read({"data": data, "page_url": url}, config)
    binds = settings.bind_addresses or default_binds(settings, has_file(config))
    token = invite(settings, slug, title)
    out.print(f"{page_address(settings, binds, settings.port)}#l={token}")


@app.command("reseal")
def reseal_secrets(config: o.Config = None, data: o.Data = None) -> None:
    """Seal all secrets with the newest key, and say which of the older ones can go."""
    from api.operator import reseal_all

    for line in reseal_all(read({"data": data}, config)):
        out.print(line)


@app.command()
def bounced(config: o.Config = None, data: o.Data = None) -> None:
    """Take a letter that has come back, from standard input: a mail server's alias can do that."""
    from api.operator import take_bounce

    is_ours = take_bounce(read({"data": data}, config), sys.stdin.buffer.read())
    out.print("The letter is marked." if is_ours else "No letter of ours has come back.")


@app.command()
def plan(
    slug: o.WorkspaceName, plan: o.WorkspacePlan, config: o.Config = None, data: o.Data = None
) -> None:
    """Give a workspace a plan: what its visits may have, from now on."""
    from api.operator import change_plan

    change_plan(read({"data": data}, config), slug, plan)
    out.print(f"{slug} has the plan {plan.value}.")


@audit.command("verify")
def verify_audit(config: o.Config = None, data: o.Data = None) -> None:
    """Find what was changed in the logs of all workspaces since it was written."""
    from api.operator import verify

    found = 0
    for line, is_good in verify(read({"data": data}, config)):
        out.print(line)
        found += not is_good
    if found:
        raise SystemExit(1)


@audit.command("export")
def export_audit(
    slug: o.WorkspaceName, log: o.WhichLog = Log.AUDIT, config: o.Config = None,
    data: o.Data = None,
) -> None:  # fmt: skip
    """Print a log as lines of JSON, with all hashes and the signed head."""
    from api.operator import export

    for line in export(read({"data": data}, config), slug, log):
        out.print(line)


@app.command()
def loadtest(
    url: lt.Url = "ws://127.0.0.1:7880",
    api_key: lt.ApiKey = "devkey",
    api_secret: lt.ApiSecret = "secret",
    rooms: lt.Rooms = 1,
    parties: lt.Parties = 8,
    publishers: lt.Publishers = None,
    fanout: lt.Fanout = None,
    duration: lt.Duration = 60,
    audio_only: lt.AudioOnly = False,
    video_only: lt.VideoOnly = False,
    single: lt.Single = False,
    layers: lt.LayersOf = Layers.ONE_HIGH,
    rates: lt.Rates = "160,450,1700",
    sample: lt.Sample = 1,
    ramp: lt.Ramp = False,
    server_pid: lt.ServerPid = None,
    json: lt.Json = None,
    plot: lt.Plot = None,
) -> None:
    """Fill a LiveKit server's rooms, and measure what it forwards and what that costs."""
    from api.loadtest.command import execute  # encoders and more, which a server never needs

    if fanout is not None:
        publishers, subscribers = parse_fanout(fanout)
        parties = publishers + subscribers
    options = Options(
        url=check_url(url),
        key=api_key,
        secret=api_secret,
        rooms=rooms,
        parties=parties,
        publishers=publishers,
        duration=duration,
        audio_only=audio_only,
        video_only=video_only,
        connection=Connection.SINGLE if single else Connection.DUAL,
        layers=layers,
        sample=sample,
        rates=parse_rates(rates),
        server=server_pid,
    )
    execute(options, out, ramp=ramp, json=json, plot=plot)


def read(flags: dict[str, Any], config: Path | None) -> Settings:
    named = os.environ.get("HOUSECALL_CONFIG")
    return load(given(flags), os.environ, config or (Path(named) if named else None))


def has_file(config: Path | None) -> bool:
    return bool(config or os.environ.get("HOUSECALL_CONFIG") or os.environ.get("LIVEKIT_CONFIG"))


def given(flags: dict[str, Any]) -> dict[str, Any]:
    """Without what the command line did not say."""
    nested = {name: given(v) if isinstance(v, dict) else v for name, v in flags.items()}
    return {name: value for name, value in nested.items() if value not in (None, {})}


register_backup(app, read, out.print)


def duration(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        fail(str(error))
