"""From settings to what the server is made of, before anything listens."""

import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from api.addresses import machine_addresses
from api.datafolder import DataFolder, read_key_file, read_private
from api.listen import EVERYWHERE, LOOPBACK
from api.rules.addresses import Filter, MachineAddress, MediaAddresses, choose
from api.rules.publicity import PublicPorts
from api.rules.workers import place_workers, udp_ports
from api.schema import ignored_keys, unknown_keys
from api.settings import Settings, SettingsError
from api.tls import Reloading, fingerprint, self_signed

DEV_KEYS = {"devkey": "secret"}
ADVICE = {
    "rtc.use_external_ip": ": name the address that clients reach with rtc.node_ip",
    "rtc.port_range_start": ": rtc.udp_port carries everything",
}
SHORT_SECRET = 32  # characters: below it, HS256 is weaker than its name says


@dataclass(slots=True)
class Plan:
    settings: Settings
    keys: dict[str, str]  # API key -> secret, at least one
    link_key: bytes
    binds: list[str]
    binds_optional: bool  # our choice, not the operator's: leave out what the machine lacks
    media: MediaAddresses
    tls: Reloading | None
    fingerprint: str = ""  # of our own certificate
    workers: list[int] = field(default_factory=list)  # UDP port of each; none: media stays here
    relays: bool = False  # our own TURN server too
    has_clinic: bool = False  # people, audit: the database with them


def make_plan(settings: Settings, *, has_file: bool) -> Plan:
    """Raises SettingsError, DataFolderError, TlsError."""
    if bool(settings.prometheus.username) != bool(settings.prometheus.password):
        raise SettingsError("prometheus.username and prometheus.password go together")
    folder = DataFolder(settings.data)
    keys = find_keys(settings, folder, has_file=has_file)
    check_webhooks(settings, keys)
    read_turn_secrets(settings)
    machine = machine_addresses()
    binds = settings.bind_addresses or default_binds(settings, has_file)
    tls, print_ = _tls(settings, folder, machine)
    return Plan(
        settings=settings,
        keys=keys,
        link_key=folder.link_key(),
        binds=list(binds),
        binds_optional=not settings.bind_addresses,
        media=media_addresses(settings, machine, local=all(map(is_loopback, binds))),
        tls=tls,
        fingerprint=print_,
        workers=media_workers(settings, usable_cores()),
        relays=wants_relay(settings, has_file),
        has_clinic=wants_clinic(settings, has_file),
    )


def wants_relay(settings: Settings, has_file: bool) -> bool:
    """Always, but a LiveKit file that says nothing of it means none."""
    if settings.turn.enabled is not None:
        return settings.turn.enabled
    return not has_file or bool(settings.turn.model_fields_set)


def wants_clinic(settings: Settings, has_file: bool) -> bool:
    """As with the relay; and who tries LiveKit's examples wants no people either."""
    if settings.clinic.enabled is not None:
        return settings.clinic.enabled
    return not (has_file or settings.dev) or bool(settings.clinic.model_fields_set)


def default_binds(settings: Settings, has_file: bool) -> tuple[str, ...]:
    """Without TLS only this machine can use the page; a LiveKit file means all addresses."""
    if settings.dev:
        return LOOPBACK
    return EVERYWHERE if has_file or settings.tls.is_on else LOOPBACK


def find_keys(settings: Settings, folder: DataFolder, *, has_file: bool) -> dict[str, str]:
    """The operator's; else the known pair with `--dev`; else our own, unless a file was given.

    Raises SettingsError, DataFolderError.
    """
    if settings.keys:
        return settings.keys
    if settings.key_file:
        return read_key_file(Path(settings.key_file))
    if settings.dev:
        return DEV_KEYS
    if has_file:
        raise SettingsError("the configuration file has neither keys nor key_file")
    return folder.api_keys()


def read_turn_secrets(settings: Settings) -> None:
    """Of others' TURN servers; one in the file itself counts first (LiveKit).

    Raises SettingsError, DataFolderError.
    """
    for server in settings.rtc.turn_servers:
        if server.secret_file and not server.secret:
            server.secret = read_private(Path(server.secret_file)).strip()
            if not server.secret:
                raise SettingsError(f"{server.secret_file} has no secret for {server.host}")


def check_webhooks(settings: Settings, keys: Mapping[str, str]) -> None:
    """Raises SettingsError."""
    webhook = settings.webhook
    for url in webhook.urls:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(f"webhook.urls: {url!r} is not an http or https address")
    if webhook.urls and webhook.api_key not in keys:
        raise SettingsError("webhook.api_key must be one of the API keys: it signs the events")


def media_addresses(
    settings: Settings, machine: list[MachineAddress], *, local: bool
) -> MediaAddresses:
    """`local`: the page is for this machine alone, so loopback is worth a candidate.

    Raises SettingsError.
    """
    rtc = settings.rtc
    chosen = choose(
        machine,
        interfaces=Filter(rtc.interfaces.includes, rtc.interfaces.excludes),
        ips=Filter([str(n) for n in rtc.ips.includes], [str(n) for n in rtc.ips.excludes]),
        loopback=local or rtc.enable_loopback_candidate,
        public=public_addresses(settings),
    )
    if not chosen.bound:
        raise SettingsError("no address of this machine passes rtc.interfaces and rtc.ips")
    return chosen


def public_addresses(settings: Settings) -> list[str]:
    """What clients are told instead of the machine's own addresses."""
    if settings.public.addresses:
        return [str(ip) for ip in settings.public.addresses]
    return [str(settings.rtc.node_ip)] if settings.rtc.node_ip else []


def public_ports(settings: Settings) -> PublicPorts:
    """Raises SettingsError."""
    try:
        return PublicPorts(settings.public.ports)
    except ValueError as error:
        raise SettingsError(str(error)) from None


def media_workers(settings: Settings, cores: int) -> list[int]:
    """The UDP port of each media process. Raises SettingsError."""
    try:
        return place_workers(settings.workers, udp_ports(settings.rtc.udp_port), cores)
    except ValueError as error:
        raise SettingsError(str(error)) from None


def usable_cores() -> int:
    """Those that this process may run on, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def is_loopback(bind: str) -> bool:
    if bind == "localhost":
        return True
    try:
        return ip_address(bind.strip("[]")).is_loopback
    except ValueError:
        return False


def warnings(plan: Plan) -> Iterator[str]:
    """What the operator should know, each in one sentence."""
    settings = plan.settings
    for key in unknown_keys(settings):
        yield f"the setting {key} is not known and has no effect"
    for key in ignored_keys(settings):
        yield f"the setting {key} is not supported yet and has no effect{ADVICE.get(key, '')}"
    if plan.keys == DEV_KEYS:
        yield "the API key is devkey with the secret `secret`, which everybody knows"
    elif any(len(secret) < SHORT_SECRET for secret in plan.keys.values()):
        yield f"an API secret is shorter than {SHORT_SECRET} characters and could be guessed"
    if len(plan.workers) > (cores := usable_cores()):
        yield f"{len(plan.workers)} media processes share {cores} cores, and gain nothing by it"
    if not plan.tls and not all(map(is_loopback, plan.binds)):
        yield (
            "without TLS browsers refuse camera and microphone to everybody but this machine: give "
            "--tls-cert and --tls-key, or --tls self, or put a reverse proxy with TLS in front"
        )


def _tls(
    settings: Settings, folder: DataFolder, machine: list[MachineAddress]
) -> tuple[Reloading | None, str]:
    tls = settings.tls
    if tls.cert_file or tls.key_file:
        if not (tls.cert_file and tls.key_file):
            raise SettingsError("--tls-cert and --tls-key go together")
        return Reloading(tls.cert_file, tls.key_file), ""
    if not tls.self_signed:
        return None, ""
    hosts = dict.fromkeys(["localhost", socket.gethostname(), *(a.ip for a in machine)])
    certificate, key = self_signed(folder, list(hosts), datetime.now(UTC))
    return Reloading(certificate, key), fingerprint(certificate)
