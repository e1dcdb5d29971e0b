"""From counters to a result: what happened between two moments."""

import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from api.loadtest import sockets
from api.loadtest.gaps import Gaps
from api.loadtest.plan import Options, seats
from api.loadtest.processes import Family
from api.loadtest.report import Quantiles, Result, Server
from api.loadtest.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Moment:
    """Counters that only grow."""

    at: float  # monotonic seconds
    sent: int
    lost: int  # given up, and missing still
    late: int
    repaired: int
    duplicates: int
    key_requests: int
    retransmissions: int
    nacks: int
    packets: int
    octets: int
    dropped: int
    unsent: int
    own: float  # seconds of processor time
    server: float


def take(traffic: Traffic, server: Family | None) -> Moment:
    gaps = list(traffic.incoming.order.gaps.values())
    usage = resource.getrusage(resource.RUSAGE_SELF)
    ports = [end.socket.getsockname()[1] for end in traffic.ends.all]
    return Moment(
        at=time.monotonic(),
        sent=int(traffic.outgoing.packets.sum()),
        lost=count_lost(gaps),
        late=sum(one.late for one in gaps),
        repaired=sum(one.repaired for one in gaps),
        duplicates=sum(one.duplicates for one in gaps),
        key_requests=traffic.asked.key_frames,
        retransmissions=traffic.asked.retransmissions,
        nacks=traffic.asked.nacks,
        packets=traffic.incoming.tally.packets,
        octets=traffic.incoming.tally.octets,
        dropped=sockets.dropped(ports),
        unsent=traffic.unsent,
        own=usage.ru_utime + usage.ru_stime,
        server=0.0 if server is None else server.cpu(),
    )


def count_lost(gaps: Sequence[Gaps]) -> int:
    return sum(one.lost + len(one.missing) for one in gaps)


def summarise(
    options: Options,
    traffic: Traffic,
    before: Moment,
    after: Moment,
    server: Server | None,
    joins: Sequence[float],
) -> Result:
    """`joins`: seconds of each. Called a little later, so that what was under way has come."""
    incoming, tally = traffic.incoming, traffic.incoming.tally
    streams, order = incoming.streams, incoming.order
    media = streams.repairs[: streams.count] < 0
    lost = count_lost(list(order.gaps.values())) - before.lost
    latency = incoming.latency
    return Result(
        url=options.url,
        connection=options.connection.value,
        rooms=options.rooms,
        parties=options.parties,
        publishers=sum(seat.publishes for seat in seats(options)) // options.rooms,
        seconds=after.at - before.at,
        packets_in=after.sent - before.sent,
        packets_out=after.packets - before.packets,
        octets_out=after.octets - before.octets,
        streams=int(media.sum()),
        silent=int((order.received[: streams.count][media] == 0).sum()),
        lost=lost,
        late=after.late - before.late,
        repaired=after.repaired - before.repaired,
        duplicates=after.duplicates - before.duplicates,
        picture_breaks=tally.picture_breaks,
        switch_breaks=tally.switch_breaks,
        switches=tally.switches,
        unauthentic=tally.unauthentic,
        unknown=tally.unknown,
        decrypted=tally.decrypted,
        key_requests=after.key_requests - before.key_requests,
        retransmissions=after.retransmissions - before.retransmissions,
        nacks=after.nacks - before.nacks,
        latency=Quantiles(*(latency.quantile(share) for share in (0.5, 0.99, 0.999))),
        join=Quantiles(*np.quantile(joins, (0.5, 0.99)).tolist()),
        server=server,
        own_cpu=after.own - before.own,
        lag=traffic.measured_lag.quantile(0.99),
        dropped=after.dropped - before.dropped,
        unsent=after.unsent - before.unsent,
        latencies=latency.buckets(),
    )
