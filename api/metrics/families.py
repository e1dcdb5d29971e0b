"""The counters of all media processes as Prometheus's families of samples.

Where LiveKit has a name that means the same, ours is that one, so that its dashboards work; the
others begin with `housecall_`. No label names a person or a room.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from prometheus_client import Metric
from prometheus_client.core import HistogramMetricFamily

from sfu.data import DataDrop
from sfu.datatracks import FrameDrop
from sfu.drop import Drop
from sfu.stats import BATCH_SIZES, PAUSES, NodeStats
from sfu.transport.reject import Reject

Sample = tuple[dict[str, str], float]  # labels beside `node`, value

REASONS = [reason.value for reasons in (Drop, DataDrop, FrameDrop, Reject) for reason in reasons]


class Family(NamedTuple):
    name: str
    kind: str  # as Prometheus says it; "unknown" where LiveKit's name lacks a counter's suffix
    help: str
    samples: Callable[[NodeStats], Iterable[Sample]]


def one(value: Callable[[NodeStats], float]) -> Callable[[NodeStats], Iterable[Sample]]:
    return lambda node: [({}, value(node))]


def packets(node: NodeStats) -> Iterator[Sample]:
    for direction, total, again in (
        ("incoming", node.packets_in, node.repaired),
        ("outgoing", node.packets_out, node.resent),
    ):
        yield {"direction": direction, "transmission": "initial"}, total - again
        yield {"direction": direction, "transmission": "retransmit"}, again


def both(
    incoming: Callable[[NodeStats], float], outgoing: Callable[[NodeStats], float]
) -> Callable[[NodeStats], Iterable[Sample]]:
    return lambda node: [
        ({"direction": "incoming"}, incoming(node)),
        ({"direction": "outgoing"}, outgoing(node)),
    ]


def by_kind(tracks: Callable[[NodeStats], dict[str, int]]) -> Callable[[NodeStats], list[Sample]]:
    return lambda node: [({"kind": kind.upper()}, count) for kind, count in tracks(node).items()]


def by_reason(node: NodeStats) -> Iterator[Sample]:
    """Those that have not happened too: a counter that comes into being at 1 has no rate."""
    counts = dict.fromkeys(REASONS, 0) | node.dropped
    return (({"reason": reason}, count) for reason, count in counts.items())


FAMILIES = (
    Family("livekit_room_total", "gauge", "Rooms with somebody in them.", one(lambda n: n.rooms)),
    Family("livekit_participant_total", "gauge", "People in them.", one(lambda n: n.participants)),
    Family(
        "livekit_track_published_total",
        "gauge",
        "Tracks that are published.",
        by_kind(lambda n: n.published),
    ),
    Family(
        "livekit_track_subscribed_total",
        "gauge",
        "Tracks that somebody is subscribed to, each time.",
        by_kind(lambda n: n.subscribed),
    ),
    Family("livekit_packet_total", "counter", "RTP packets.", packets),
    Family(
        "livekit_packet_bytes",
        "unknown",
        "Bytes of RTP packets, their encryption included.",
        both(lambda n: n.bytes_in, lambda n: n.bytes_out),
    ),
    Family(
        "livekit_nack_total",
        "counter",
        "RTP packets that were asked for again, by us (outgoing) or by clients.",
        both(lambda n: n.nacks_in, lambda n: n.nacks_out),
    ),
    Family(
        "livekit_pli_total",
        "counter",
        "Key frames that were asked for, by us (outgoing) or by clients.",
        both(lambda n: n.plis_in, lambda n: n.key_requests),
    ),
    Family(
        "livekit_fir_total",
        "counter",
        "Key frames that were asked for by FIR; we never do.",
        both(lambda n: n.firs_in, lambda n: 0),
    ),
    Family(
        "housecall_rtcp_total",
        "counter",
        "RTCP datagrams.",
        both(lambda n: n.control_in, lambda n: n.control_out),
    ),
    Family("housecall_dropped_total", "counter", "Packets that went no further.", by_reason),
    Family(
        "housecall_layer_switch_total", "counter", "Changes of layer.", one(lambda n: n.switches)
    ),
    Family(
        "housecall_socket_dropped_total",
        "counter",
        "Datagrams that came while the receive buffer was full.",
        one(lambda n: n.socket_drops),
    ),
    Family(
        "housecall_unsent_total",
        "counter",
        "Datagrams that the system did not take.",
        one(lambda n: n.unsent),
    ),
    Family(
        "housecall_loop_busy_seconds_total",
        "counter",
        "Time that the media loop was at work: rate() gives the share.",
        one(lambda n: n.busy_seconds),
    ),
    Family(
        "housecall_node_cpu_seconds_total",
        "counter",
        "Processor time of the media process.",
        one(lambda n: n.cpu_seconds),
    ),
    Family(
        "housecall_node_memory_bytes",
        "gauge",
        "Resident memory of the media process.",
        one(lambda n: n.memory),
    ),
    Family(
        "housecall_ring_bytes",
        "gauge",
        "Memory of the packets that are kept for retransmission.",
        one(lambda n: n.ring),
    ),
)


def families(nodes: Sequence[NodeStats]) -> Iterator[Metric]:
    for family in FAMILIES:
        # prometheus_client adds a counter's suffix itself; LiveKit has gauges that end in it too.
        is_counter = family.kind == "counter"
        name = family.name.removesuffix("_total") if is_counter else family.name
        metric = Metric(name, family.help, family.kind)
        for node in nodes:
            for labels, value in family.samples(node):
                metric.add_sample(family.name, {"node": node.node, **labels}, value)
        yield metric
    yield batches(nodes)
    yield pauses(nodes)
    yield slow(nodes)


def batches(nodes: Sequence[NodeStats]) -> Metric:
    family = HistogramMetricFamily(
        "housecall_batch_datagrams", "Datagrams of one drain of a socket.", labels=["node"]
    )
    for node in nodes:
        family.add_metric([node.node], buckets(BATCH_SIZES, node.batches), node.batched)
    return family


def pauses(nodes: Sequence[NodeStats]) -> Metric:
    family = HistogramMetricFamily(
        "housecall_gc_pause_seconds", "Processor time of each garbage collection.", labels=["node"]
    )
    for node in nodes:
        family.add_metric([node.node], buckets(PAUSES, node.gc_pauses), node.gc_seconds)
    return family


def slow(nodes: Sequence[NodeStats]) -> Metric:
    family = HistogramMetricFamily(
        "housecall_slow_path_seconds",
        "Processor time of all that is not media, between two drains of the sockets.",
        labels=["node"],
    )
    for node in nodes:
        family.add_metric([node.node], buckets(PAUSES, node.slow), node.slow_seconds)
    return family


def buckets(bounds: Sequence[float], counts: Sequence[int]) -> list[tuple[str, float]]:
    """Each bucket holds those before it too, as Prometheus wants them."""
    names = [str(float(bound)) for bound in bounds] + ["+Inf"]
    return [(name, sum(counts[: at + 1])) for at, name in enumerate(names)]
