"""What the operator wants: the file, over it the environment, over that the command line.

`load` is the one way in. The result is LiveKit's configuration (`api/schema.py`) and our own keys.
"""

import os
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, Field, IPvAnyAddress, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from api.rules.links import ROOM_NAME
from api.schema import Count, LiveKit, Seconds, Secret, Section, key_of
from sfu.gather import BELOW, SECONDS

# LiveKit's names that do not follow from a key, and ours that do not.
ENVIRONMENT = {
    "NODE_IP": ("rtc", "node_ip"),
    "HOUSECALL_TLS_CERT": ("tls", "cert_file"),
    "HOUSECALL_TLS_KEY": ("tls", "key_file"),
    "HOUSECALL_BIND": ("bind_addresses",),
}
PREFIXES = ("LIVEKIT_", "HOUSECALL_")  # the later wins


class SettingsError(Exception):
    """The settings cannot be used; the message says which and why."""


RoomName = Annotated[str, Field(pattern=f"^{ROOM_NAME.pattern}$")]


class Tls(Section):
    cert_file: Path | None = None
    key_file: Path | None = None
    self_signed: bool = False

    @property
    def is_on(self) -> bool:
        return self.self_signed or self.cert_file is not None


def at_most_a_frame(seconds: float) -> float:
    """Of sound: what waits longer is heard."""
    if seconds > 0.02:
        raise ValueError(f"{seconds:g}s is longer than 20ms, the most that packets may wait")
    return seconds


class Media(Section):
    """How packets come in and go out."""

    gather: Annotated[Seconds, AfterValidator(at_most_a_frame)] = SECONDS  # 0: never
    gather_below: Annotated[float, Field(ge=0)] = BELOW  # packets/s sent
    portable: bool = False


class Public(Section):
    """How the outside reaches us, behind a NAT or in Docker."""

    addresses: list[IPvAnyAddress] = Field(default=[])  # more than rtc.node_ip holds
    ports: dict[str, Annotated[int, Field(gt=0, le=65535)]] = Field(default={})  # inside -> outside


class MailSecurity(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailSection(Section):
    """The server that letters are taken to."""

    host: str = ""  # none: no mail is sent
    port: Annotated[int, Field(ge=0, le=65535)] = 0  # 0: the usual one
    security: MailSecurity = MailSecurity.STARTTLS
    username: str = ""
    password: Secret = ""
    ca_file: str = ""  # whom to trust; none: whom the system does
    sender: str = ""  # the address that letters are from
    sender_name: str = ""


def at_an_origin(text: str) -> str:
    """Nothing, or a scheme and a host."""
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.netloc or len(parts[2]) > 1):
        raise ValueError("an address like http://127.0.0.1:9000 is needed")
    return text.rstrip("/")


class ProviderSection(Section):
    """As what a provider of video calls knows this server."""

    client_id: str = ""  # none: not registered there
    client_secret: Secret = ""
    origin: Annotated[str, AfterValidator(at_an_origin)] = ""  # in place of its hosts, for tests


class TeamsSection(ProviderSection):
    tenant: str = "organizations"  # whose accounts may be connected


class ProvidersSection(Section):
    google_meet: ProviderSection = ProviderSection()
    microsoft_teams: TeamsSection = TeamsSection()
    zoom: ProviderSection = ProviderSection()


class Provider(StrEnum):
    """Who carries text messages."""

    NONE = "none"
    TWILIO = "twilio"
    VONAGE = "vonage"
    WEBHOOK = "webhook"


class SmsSection(Section):
    """Who text messages are handed to."""

    provider: Provider = Provider.NONE
    account: str = ""  # Twilio's account, Vonage's application
    secret: Secret = ""  # Twilio's auth token, Vonage's signature secret, ours with a webhook
    private_key_file: str = ""  # of Vonage's application
    sender: str = ""  # a number, or what the provider takes for one
    url: str = ""  # of a webhook; of the others in place of the usual one


class StatusSection(Section):
    """How the server looks at itself, and who hears of it."""

    every: Annotated[Seconds, Field(gt=0)] = 60.0
    mail_to: str = ""  # whom to write to; none: the owners of the oldest workspace
    days: Annotated[int, Field(ge=1, le=3660)] = 14  # that what was found is kept


class ClinicSection(Section):
    """The clinic's server: people, audit, and where they are kept."""

    enabled: bool | None = None  # None: unless a LiveKit file says nothing of it
    database: Secret = ""  # a URL; none: SQLite in the data folder
    database_owner: Secret = ""  # PostgreSQL: whose role makes the tables
    database_backup: Secret = ""  # PostgreSQL: whose role reads all rows, for backups
    # For secrets at rest: name -> 32 bytes in base64.
    keys: dict[str, str] = Field(default={}, repr=False)
    key_file: str = ""
    file_space: Annotated[int, Field(ge=1)] = 20  # GB that the files of one workspace may take
    mail: MailSection = MailSection()
    providers: ProvidersSection = ProvidersSection()
    sms: SmsSection = SmsSection()
    status: StatusSection = StatusSection()


class Settings(LiveKit, BaseSettings):
    model_config = SettingsConfigDict(extra="allow", coerce_numbers_to_str=True)

    data: Path = Path("housecall-data")
    workers: Count | None = None  # media processes; None: one for each UDP port
    dev: bool = False
    start_room: RoomName = "visit"  # of the link printed at the start
    page_url: str = ""  # of the links, when a proxy stands in front
    public: Public = Public()
    tls: Tls = Tls()
    media: Media = Media()
    clinic: ClinicSection = ClinicSection()


class Loader(yaml.SafeLoader):
    """Numbers stay text until the schema reads them: a key's secret may be "0123"."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":bool", ":null"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(flags: Mapping[str, Any], environ: Mapping[str, str], config: Path | None) -> Settings:
    """Read all three. `flags` is a nested mapping of what the command line gave.

    Raises `SettingsError`.
    """
    layers = [dict(flags), environment_values(environ), _file_values(config, environ)]

    class Layered(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: Any, **__: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return tuple(InitSettingsSource(settings_cls, layer) for layer in layers)

    try:
        return Layered()
    except ValidationError as error:
        raise SettingsError("\n".join(_sentences(error))) from None


def _sentences(error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False, include_input=False):
        path = ".".join(str(part) for part in detail["loc"])
        yield f"{path}: {detail['msg']}"


def _file_values(config: Path | None, environ: Mapping[str, str]) -> dict[str, Any]:
    """LIVEKIT_CONFIG holds a whole file and, as in LiveKit, stands in for it."""
    if body := environ.get("LIVEKIT_CONFIG"):
        return parse(body, "LIVEKIT_CONFIG")
    if config is None:
        return {}
    try:
        return parse(config.read_text(), str(config))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{config} cannot be read: {error}") from None


def parse(text: str, origin: str) -> dict[str, Any]:
    """YAML, of which JSON is a part. Raises `SettingsError`."""
    try:
        values = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise SettingsError(f"{origin} is not YAML: {error}") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(f"{origin} must hold keys and values at its top level")
    cleaned: dict[str, Any] = _without_nothing(values)
    return cleaned


def _without_nothing(value: Any) -> Any:
    """A key without a value ("keys:") is as good as absent."""
    if isinstance(value, dict):
        return {str(k): _without_nothing(v) for k, v in value.items() if v is not None}
    return value


def environment_values(environ: Mapping[str, str]) -> dict[str, Any]:
    """Every key of the schema by its path: LIVEKIT_RTC_TCP_PORT is `rtc.tcp_port`."""
    values: dict[str, Any] = {}
    for path, is_text in _leaves(Settings):
        for prefix in PREFIXES:
            name = prefix + "_".join(path).upper()
            if name in environ:
                _put(values, path, environ[name] if is_text else structured(environ[name], name))
    for name, path in ENVIRONMENT.items():
        if name in environ:
            listed = path == ("bind_addresses",)
            _put(values, path, structured(environ[name], name) if listed else environ[name])
    return values


def _leaves(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[Any, bool]]:
    """Paths of all keys that are not sections, and whether the value is plain text."""
    for name, field in model.model_fields.items():
        here = (*path, key_of(model, name))
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _leaves(kind, here)
        else:
            yield here, getattr(kind, "__origin__", None) not in (list, dict)


def structured(text: str, name: str) -> Any:
    """A list or mapping in YAML; a list may be given with commas alone."""
    try:
        value = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise SettingsError(f"{name} is not YAML: {error}") from None
    if isinstance(value, str) and name.lower().endswith("keys"):
        raise SettingsError(f'{name} must read "key: secret", with a space after the colon')
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _put(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *sections, last = path
    for section in sections:
        values = values.setdefault(section, {})
    values[last] = value


def read_environment() -> Mapping[str, str]:
    return os.environ
