"""What `up` prints once the server is ready: where it is and how to get in."""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509

from api.addresses import machine_addresses
from api.plan import Plan, public_addresses, public_ports
from api.rules.links import make_fragment
from api.settings import Settings


def welcome(plan: Plan, port: int, setup: str | None = None) -> Iterator[str]:
    settings = plan.settings
    address = page_address(settings, plan.binds, port)
    yield f"Housecall {version('housecall')} is ready at {address}"
    yield ""
    yield "Open this link, and send it to those who shall join you:"
    yield f"  {address}{make_fragment(plan.link_key, settings.start_room)}"
    yield ""
    yield "A link to another room: housecall link ROOM"
    if plan.fingerprint:
        yield (
            "Browsers warn of the certificate, since it is our own. Compare its SHA-256 "
            "fingerprint, then go on:"
        )
        yield f"  {plan.fingerprint}"
    if setup is not None:
        yield ""
        yield "The clinic has no owner yet. This link makes one, once, within a day:"
        yield f"  {address}#l={setup}"


def page_address(settings: Settings, binds: Sequence[str], port: int) -> str:
    """The address to hand out, with a slash at its end."""
    if settings.page_url:
        return settings.page_url.rstrip("/") + "/"
    scheme, usual = ("https", 443) if settings.tls.is_on else ("http", 80)
    host = _host(settings, binds)
    port = public_ports(settings).tcp(port)
    return f"{scheme}://{host}/" if port == usual else f"{scheme}://{host}:{port}/"


def _host(settings: Settings, binds: Sequence[str]) -> str:
    if settings.tls.cert_file and (name := first_name(settings.tls.cert_file)):
        return name
    first = next((bind for bind in binds if not is_wildcard(bind)), None)
    if first is None:
        ordinary = [a.ip for a in machine_addresses() if not ip_address(a.ip).is_loopback]
        first = _preferred(public_addresses(settings) or ordinary)
    first = first.strip("[]")
    return f"[{first}]" if ":" in first else first


def is_wildcard(bind: str) -> bool:
    return bind.strip("[]") in ("", "*", "0.0.0.0", "::")


def _preferred(addresses: list[str]) -> str:
    """IPv4 first: it is what people can read to each other."""
    ordered = sorted(addresses, key=lambda ip: ":" in ip)
    return ordered[0] if ordered else "127.0.0.1"


def first_name(certificate: Path) -> str | None:
    """The first host name that the certificate is for."""
    try:
        loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
        names = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return None
    found = names.get_values_for_type(x509.DNSName)
    return next((name for name in found if "*" not in name), None)
