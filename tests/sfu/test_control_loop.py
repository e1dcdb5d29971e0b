"""RTCP that is read by the loop counts as it does where Python reads it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sfu import rtcp
from sfu.drop import Drop
from sfu.feedback import twcc
from sfu.loops import sort
from sfu.media import Codec, Encoding, Kind
from sfu.rtcp.header import TRANSPORT_FEEDBACK, frame
from sfu.rtp import build
from sfu.sealing.public import PublicSealer
from sfu.sealing.trial import choose
from sfu.transport.protection import SOURCES
from tests.sim.media import Call, Person

OPUS = [Codec("audio/opus", 111, 48000)]
SPOKEN, HEARD = 1, 100  # SSRCs
LISTENER = 7  # the listener's SSRC as a sender of RTCP


class Played:
    """One speaks, the other reports."""

    def __init__(self, *, by_loop: bool) -> None:
        self.call = call = Call(sealed=True, sealer=choose if by_loop else PublicSealer)
        self.speaker, self.listener = call.join("speaker"), call.join("listener")
        call.publish(self.speaker, "TR", Kind.AUDIO, OPUS, [Encoding(0, ssrc=SPOKEN)])
        call.subscribe(self.listener, "TR", HEARD, OPUS)
        for number in range(60):
            call.now += 0.02
            call.send(self.speaker, [build(111, number, number * 960, SPOKEN, bytes(40))])
        assert len(self.listener.numbers) == 60
        clock = rtcp.SenderReport(SPOKEN, 1 << 40, 0, 60, 2400)
        call.send(self.speaker, [bytes(clock)])
        call.run(1.5)
        assert last_report(self.listener)

    def report(self) -> None:
        """As most are: a block, a description, and feedback."""
        self.call.receive(datagrams(self.listener, "full", 0, ALL_CAME), self.listener.path)

    def told(self) -> tuple[object, ...]:
        """What came of it."""
        table, stats = self.call.plane.clients, self.call.plane.stats
        row = next(row for row in range(table.used) if table.confirmed[row] or table.lost[row])
        counts = table.acked[row], table.confirmed[row], table.lost[row], table.heard_at[row]
        dropped = {reason: count for reason, count in stats.dropped.items() if count}
        reported = self.reported()
        return counts, reported, stats.control_in, stats.nacks_in, stats.plis_in, dropped

    def reported(self) -> dict[str, list[float]]:
        """What reports say, of all clients, streams and subscriptions."""
        state = self.call.plane._state
        columns = {
            state.client_table: ("rtt", "reference_ssrc", "reference", "reference_at"),
            state.stream_table: ("clock_ntp", "clock_rtp", "clock_arrival"),
            state.subscription_table: ("fraction_lost", "lost", "jitter", "rtt"),
        }
        return {
            f"{type(table).__name__}.{name}": table.array(name)[: table.used].tolist()
            for table, names in columns.items()
            for name in names
        }


def said(person: Person, base: int, chunk: int, *, padded: bool = False) -> bytes:
    """Of ten packets."""
    first = person.numbers[base % 50] & 0xFFFF
    body = twcc.HEAD.pack(first, 10, bytes(3), 0) + chunk.to_bytes(2, "big") + bytes(10)
    packet = bytes(rtcp.Twcc(LISTENER, HEARD, body))
    if not padded:
        return packet
    octets = packet[4:] + bytes([0, 0, 0, 4])
    return bytes([0xAF, *frame(TRANSPORT_FEEDBACK, 15, octets)[1:4]]) + octets


def last_report(person: Person) -> int:
    """As a block names it; 0 when none came."""
    reports = [one for one in person.control if isinstance(one, rtcp.SenderReport)]
    return reports[-1].ntp >> 16 & 0xFFFFFFFF if reports else 0


ALL_CAME, ALL_LOST, EVERY_OTHER = 0x200A, 0x000A, 0x9555
bases, chunks = st.integers(0, 45), st.sampled_from([ALL_CAME, ALL_LOST, EVERY_OTHER])
reports = st.tuples(st.just("report"), bases, chunks)
kinds = st.one_of(
    reports,
    reports,
    st.tuples(st.just("padded"), bases, chunks),
    st.tuples(st.just("two"), bases, chunks),
    st.tuples(
        st.sampled_from(["broken", "short", "nack", "pli", "mixed", "forged", "again", "stranger"]),
        bases,
        chunks,
    ),
    st.tuples(
        st.sampled_from(
            ["blocks", "full", "other", "cut", "described", "timed", "padded blocks", "clock"]
        ),
        bases,
        chunks,
    ),
)


def datagrams(person: Person, kind: str, base: int, chunk: int) -> list[bytes]:
    """Sealed."""
    nack = bytes(rtcp.Nack(LISTENER, HEARD, [5]))
    report = said(person, base, chunk)
    told = rtcp.ReportBlock(HEARD, base, base - 20, 70_000, 48 * base, last_report(person), base)
    other = rtcp.ReportBlock(4711, 9, 9, 9, 9, 9, 9)
    blocks = bytes(rtcp.ReceiverReport(LISTENER, [told]))
    description = bytes(rtcp.SourceDescription(LISTENER, [(rtcp.CNAME, b"listener")]))
    plain = {
        "padded": said(person, base, chunk, padded=True),
        "two": report + said(person, 10, EVERY_OTHER),
        "broken": bytes(rtcp.Twcc(LISTENER, HEARD, twcc.HEAD.pack(0, 99, bytes(3), 0))),
        "short": report[:-4],  # its length goes beyond the datagram
        "nack": nack,
        "pli": bytes(rtcp.Pli(LISTENER, HEARD)),
        "mixed": report + nack,
        "stranger": bytes(rtcp.Pli(base + 1000, HEARD)),
        "blocks": blocks,
        "clock": bytes(rtcp.ReferenceTime(LISTENER, base << 40 | chunk)) + blocks,
        "full": blocks + description + report,
        "other": bytes(rtcp.ReceiverReport(base, [other, told])),
        "cut": bytes([blocks[0] + 1]) + blocks[1:],
        "described": description + nack,
        "timed": bytes(rtcp.SenderReport(LISTENER, 1 << 63 | base, base, 1, 1, [told])),
        "padded blocks": bytes([blocks[0] | 0x20]) + blocks[1:-1] + b"\4",
    }.get(kind, report)
    sealed = person.own.protect_rtcp(plain)
    assert sealed is not None
    if kind == "forged":
        return [sealed[:-1] + bytes([sealed[-1] ^ 1])]
    return [sealed] * 2 if kind == "again" else [sealed]


@settings(max_examples=60)
@given(st.lists(st.lists(kinds, max_size=6), max_size=8))
def test_it_is_read_the_same_both_ways(batches: list[list[tuple[str, int, int]]]) -> None:
    ways = Played(by_loop=True), Played(by_loop=False)
    for way in ways:
        for batch in batches:
            way.call.now += 0.01
            found = [data for kind in batch for data in datagrams(way.listener, *kind)]
            way.call.receive(found, way.listener.path)
        way.call.receive(datagrams(way.listener, "report", 50, ALL_CAME), way.listener.path)

    assert ways[0].told() == ways[1].told()


def test_a_client_may_use_only_so_many_sources() -> None:
    """libsrtp remembers each for good."""
    way = Played(by_loop=True)
    for number in range(2 * SOURCES):
        way.call.receive(datagrams(way.listener, "stranger", number, 0), way.listener.path)
    refused = way.call.plane.stats.dropped[Drop.UNAUTHENTIC]

    assert way.call.plane.stats.plis_in == SOURCES
    assert refused == SOURCES


def test_a_report_that_the_loop_counts_makes_no_work_for_python() -> None:
    way = Played(by_loop=True)
    way.call.receive(datagrams(way.listener, "report", 0, ALL_CAME), way.listener.path)
    regular = way.call.plane.regular  # from now on its source is known
    way.call.receive(datagrams(way.listener, "report", 10, ALL_CAME), way.listener.path)

    assert regular.desk.kinds[0] == sort.COUNTED
    assert way.told()[0][1] == 20  # type: ignore[index]


def test_a_usual_report_makes_no_work_for_python() -> None:
    way = Played(by_loop=True)
    way.report()  # the first one does: packets need no mid from now on
    way.report()

    assert way.call.plane.regular.desk.kinds[0] == sort.COUNTED
    assert 0 < way.reported()["Subscriptions.rtt"][0] < 2

    way.call.receive(datagrams(way.listener, "clock", 0, ALL_CAME), way.listener.path)
    assert way.call.plane.regular.desk.kinds[0] == sort.COUNTED


def test_reports_by_several_ssrcs_make_none_either() -> None:
    """Clients in Go send reports, requests and feedback with one each."""
    way = Played(by_loop=True)
    way.report()
    block = rtcp.ReportBlock(HEARD, 1, 2, 3, 4, 0, 0)
    for ssrc in (8, 9, 8, 9):
        sealed = way.listener.own.protect_rtcp(bytes(rtcp.ReceiverReport(ssrc, [block])))
        way.call.receive([sealed or b""], way.listener.path)

    assert way.call.plane.regular.desk.kinds[0] == sort.COUNTED


def test_a_report_about_what_is_gone_makes_none_either() -> None:
    """As of a sound whose publisher is muted, or has published it anew."""
    way = Played(by_loop=True)
    way.report()
    state = way.call.plane._state
    (subscription,) = state.by_key.values()
    state.set_source(subscription, None)
    way.report()

    assert way.call.plane.regular.desk.kinds[0] == sort.COUNTED


def test_a_report_after_a_renegotiation_is_news_again() -> None:
    way = Played(by_loop=True)
    way.report()
    way.report()
    (subscription,) = way.call.plane._state.by_key.values()
    way.call.subscribe(way.listener, "TR", HEARD, OPUS)
    assert not subscription.is_acknowledged

    way.report()
    assert subscription.is_acknowledged


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, (1 << 64) - 1)), max_size=8))
def test_clocks_of_publishers_are_read_the_same_both_ways(told: list[tuple[int, int]]) -> None:
    ways = Played(by_loop=True), Played(by_loop=False)
    for way in ways:
        for number, ntp in told:
            way.call.now += 0.1
            report = bytes(rtcp.SenderReport(SPOKEN + number // 3, ntp, ntp & 0xFFFF_FFFF, 1, 1))
            extended = bytes(rtcp.ReferenceDelay(SPOKEN, asked(way.speaker, ntp >> 45)))
            cut = report + extended[: -4 * (number // 2)]
            for data in (report + extended, extended + report, cut):
                way.call.receive([way.speaker.own.protect_rtcp(data) or b""], way.speaker.path)

    assert ways[0].reported() == ways[1].reported()


def asked(person: Person, delay: int) -> list[tuple[int, int, int]]:
    """Answers to whoever sent us its clock, and to a stranger."""
    clock = next(one for one in person.control if isinstance(one, rtcp.ReferenceTime))
    return [(4711, 1, 1), (clock.ssrc, clock.ntp >> 16 & 0xFFFFFFFF, delay), (clock.ssrc, 0, 0)]
