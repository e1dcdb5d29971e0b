"""All checks, in the order in which one needs the other."""

import errno
import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from api.addresses import machine_addresses
from api.doctor.addresses import check_addresses, check_name, resolve
from api.doctor.certificates import check_file, explain, utc_now
from api.doctor.clock import check_clock
from api.doctor.findings import Finding, Findings, Mark, bad, good
from api.doctor.media import check_media
from api.doctor.relays import check_relays
from api.doctor.visit import PATIENCE, Place, VisitError, request, visit
from api.listen import EVERYWHERE, LOOPBACK, ListenError, listen, resolved
from api.plan import Plan
from api.settings import Settings, SettingsError

Resolve = Callable[[str], list[str]]


def examine(plan: Plan, tls: ssl.SSLContext, names: Resolve = resolve) -> Findings:
    """Of the server that these settings make, and that should be running. `tls` is how clients
    judge certificates."""
    own = [address.ip for address in machine_addresses()]
    yield from check_clock()
    yield from check_addresses(plan.media.advertised, own)
    yield from check_certificates(plan.settings, utc_now())
    if domain := plan.settings.turn.domain:
        yield from check_name(domain, plan.media.advertised, names(domain))
    place = page(plan)
    found = check_page(plan, place)
    yield found
    if found.mark is Mark.GOOD:
        yield from check_inside(plan.keys, place, own, tls)


def examine_from_outside(keys: Mapping[str, str], url: str, tls: ssl.SSLContext) -> Findings:
    """Of a server on another machine, by the page's address. `keys`: its API keys.

    Raises SettingsError.
    """
    try:
        place = Place.parse(url)
    except ValueError as error:
        raise SettingsError(str(error)) from None
    yield from check_clock()
    try:
        with socket.create_connection((place.host, place.port), PATIENCE) as sock:
            if place.secure:
                tls.wrap_socket(sock, server_hostname=place.host).close()
        status, text, _ = request(place, "GET", "/", {"Accept": "text/plain"})
    except ssl.SSLError as error:
        yield bad(explain(error, str(place)))
        return
    except socket.gaierror:
        yield bad(f"{place.host} leads nowhere: make a DNS record for it")
        return
    except OSError as error:
        yield bad(
            f"the page does not answer at {place} ({error}): let the firewalls let TCP port "
            f"{place.port} through, and the NAT forward it"
        )
        return
    if status != 200:
        yield bad(f"the server at {place} is not well: {text.strip()}")
        return
    yield good(f"the page answers at {place}")
    yield from check_inside(keys, place, [], tls)


def check_certificates(settings: Settings, now: datetime) -> Findings:
    tls, turn = settings.tls, settings.turn
    if tls.cert_file is not None:
        yield from check_file(tls.cert_file, "" if turn.cert_file else turn.domain, now)
    if turn.cert_file:
        yield from check_file(Path(turn.cert_file), turn.domain, now)


def page(plan: Plan) -> Place:
    """Where the page answers on this machine."""
    host = next(iter(resolved(plan.binds)))
    if host in EVERYWHERE:
        host = LOOPBACK[host == "::"]
    return Place(host, plan.settings.port, plan.tls is not None)


def check_page(plan: Plan, place: Place) -> Finding:
    try:
        status, text, _ = request(place, "GET", "/", {"Accept": "text/plain"})
    except OSError as error:
        return bad(_absent(plan, place, error))
    if status != 200:
        return bad(f"the server at {place} is not well: {text.strip()}")
    return good(f"the page answers at {place}")


def _absent(plan: Plan, place: Place, error: OSError) -> str:
    if error.errno == errno.ECONNREFUSED:
        try:
            for sock in listen(plan.binds, place.port, optional=plan.binds_optional):
                sock.close()
        except ListenError as found:
            return str(found)
        return "the server does not run: start it with `housecall up`, then ask again"
    return f"what has the port at {place} is no housecall ({error}): end it, or choose another"


def check_inside(
    keys: Mapping[str, str], place: Place, own: list[str], tls: ssl.SSLContext
) -> Findings:
    key, secret = next(iter(keys.items()))
    try:
        with visit(place, key, secret) as told:
            yield good("a client may join")
            yield from check_media(told, own)
            yield from check_relays(told, own, tls)
    except VisitError as error:
        yield bad(f"a client could not join ({error}): are these the settings that it runs with?")
    except OSError as error:
        yield bad(f"a client could not join: the server at {place} ends the connection ({error})")
