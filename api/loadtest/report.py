"""What a load test has found, as figures, as text and as JSON."""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from api.loadtest.errors import LoadTestError

LAG_MOST = 0.002  # seconds; a generator that is later than this measures itself


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Seconds; None without any."""

    p50: float | None
    p99: float | None
    p999: float | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """Its processes, when they run on this machine."""

    cpu: float  # seconds of processor time during the measurement
    rss: int  # bytes at its end
    pss: int


@dataclass(frozen=True, slots=True)
class Result:
    """One measurement. In and out are those of the server."""

    url: str
    connection: str
    rooms: int
    parties: int
    publishers: int  # of each room
    seconds: float
    packets_in: int  # RTP that we sent
    packets_out: int  # RTP that we received, with retransmissions and padding
    octets_out: int  # of datagrams
    streams: int  # that we were promised
    silent: int  # of them, those that never came
    lost: int  # packets that never came
    late: int
    repaired: int
    duplicates: int
    picture_breaks: int
    switch_breaks: int
    switches: int
    unauthentic: int
    unknown: int
    decrypted: int
    key_requests: int
    retransmissions: int  # that the server asked for
    nacks: int  # packets that we asked for
    latency: Quantiles
    join: Quantiles
    server: Server | None
    own_cpu: float  # seconds
    lag: float  # seconds, p99
    dropped: int  # by our sockets
    unsent: int
    latencies: Sequence[tuple[float, int]] = ()  # seconds, packets

    @property
    def loss(self) -> float:
        """The share of packets that should have come and did not."""
        return self.lost / max(1, self.packets_out + self.lost)

    @property
    def own_cost(self) -> float:
        """Seconds of our processor time for each packet that we sent or received."""
        return self.own_cpu / max(1, self.packets_in + self.packets_out)

    @property
    def server_cost(self) -> float | None:
        """Seconds of the server's processor time for each packet that it sent."""
        return None if self.server is None else self.server.cpu / max(1, self.packets_out)


def refuse(result: Result) -> None:
    """Raise LoadTestError when the figures say more about us than about the server."""
    advice = "Take fewer rooms, or give the load test a core of its own (taskset)"
    if result.dropped or result.unsent:
        raise LoadTestError(
            f"no report: the sockets of the load test dropped {result.dropped} packets and could "
            f"not send {result.unsent}. {advice}, or raise net.core.rmem_max."
        )
    if result.lag > LAG_MOST:
        raise LoadTestError(
            f"no report: the load test was {result.lag * 1e3:.1f} ms late at p99, more than "
            f"{LAG_MOST * 1e3:.0f} ms. {advice}, or decrypt fewer packets (--sample 8)."
        )


def to_json(result: Result) -> str:
    """One line, with what is derived."""
    fields: dict[str, Any] = dataclasses.asdict(result)
    fields["loss"] = result.loss
    fields["server_cost"] = result.server_cost
    fields["own_cost"] = result.own_cost
    return json.dumps(fields)


def lines(result: Result) -> Iterator[tuple[str, str]]:
    """Names and values, for people."""
    people = result.rooms * result.parties
    yield "participants", f"{people} in {result.rooms} rooms, {result.publishers} publish in each"
    yield "measured", f"{result.seconds:.1f} s, {result.connection} connection"
    yield "packets in", rate(result.packets_in, result.seconds)
    megabits = result.octets_out * 8e-6 / result.seconds
    yield "packets out", f"{rate(result.packets_out, result.seconds)}, {megabits:.1f} Mbit/s"
    yield "loss", f"{result.loss:.4%} ({result.lost} lost, {result.repaired} repaired)"
    yield "out of order", f"{result.late} late, {result.duplicates} twice"
    yield "forwarding latency", quantiles(result.latency)
    yield "join", quantiles(result.join)
    yield "continuity", continuity(result)
    yield "server", describe(result)
    own = result.own_cpu / result.seconds
    yield (
        "load test itself",
        (
            f"{own:.0%} of a core, {result.own_cost * 1e6:.2f} us per packet, "
            f"{result.lag * 1e3:.2f} ms late at p99"
        ),
    )


def rate(count: int, seconds: float) -> str:
    return f"{count / seconds:,.0f}/s"


def quantiles(found: Quantiles) -> str:
    named = (("p50", found.p50), ("p99", found.p99), ("p99.9", found.p999))
    parts = [f"{name} {value * 1e3:.2f} ms" for name, value in named if value is not None]
    return ", ".join(parts) or "nothing was measured"


def continuity(result: Result) -> str:
    breaks = f"{result.picture_breaks} picture ids, {result.switch_breaks} layer switches"
    return (
        f"{breaks} broken; {result.unauthentic} of {result.decrypted} decrypted packets are not "
        f"authentic; {result.silent} of {result.streams} streams silent"
    )


def describe(result: Result) -> str:
    cost = result.server_cost
    if result.server is None or cost is None:
        return "not on this machine: name its process with --server-pid"
    share = result.server.cpu / result.seconds
    each = result.server.rss / 1e6 / (result.rooms * result.parties)
    return (
        f"{share:.0%} of a core, {cost * 1e6:.2f} us per packet out, "
        f"{result.server.rss / 1e6:.0f} MB ({each:.2f} per participant)"
    )
