"""RTCP both ways: reports, round trips, transport-wide feedback, estimates."""

from sfu import extensions, rtcp, rtp
from sfu.feedback import twcc
from sfu.feedback.clock import ntp_from_seconds
from sfu.media import Codec, Encoding, Kind
from tests.sim.media import Call, Person, fill
from tests.sim.recorder import TwccRecorder
from tests.sim.sources import OPUS_CODEC, VP8_CODEC, Microphone, Vp8Layer, camera
from tests.sim.views import gaps


def video_call() -> tuple[Call, Person, Person, Vp8Layer]:
    call = Call(sealed=True)
    alice, bob = call.join("alice"), call.join("bob")
    layer = Vp8Layer(10, 2, 1)
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(layer))
    call.subscribe(bob, "TR_v", 80, [VP8_CODEC], rtx_ssrc=81)
    return call, alice, bob, layer


def play(call: Call, alice: Person, layer: Vp8Layer, frames: int) -> None:
    for n in range(frames):
        call.send(alice, layer.make(call.now, key=n == 0))
        call.run(1 / 30)


def blocks(person: Person) -> list[rtcp.ReportBlock]:
    reports = [packet for packet in person.control if isinstance(packet, rtcp.ReceiverReport)]
    return [block for report in reports for block in report.blocks]


def sender_reports(person: Person) -> list[rtcp.SenderReport]:
    return [packet for packet in person.control if isinstance(packet, rtcp.SenderReport)]


def test_a_publisher_hears_each_second_what_arrived() -> None:
    call, alice, _, layer = video_call()
    call.send(alice, [layer.report(call.now)])
    for n in range(90):
        frame = layer.make(call.now, key=n == 0)
        call.send(alice, frame if n % 10 else frame[1:])
        call.run(1 / 30)

    found = blocks(alice)
    assert len(found) == 3
    assert {block.ssrc for block in found} == {10}
    assert 3 <= found[-1].lost <= 9
    assert 0 < found[-1].fraction_lost < 20
    assert found[-1].highest & 0xFFFF <= layer.sequence
    assert found[-1].last_report == ntp_from_seconds(100.0 + 10000) >> 16 & 0xFFFFFFFF
    assert 1.5 * 65536 < found[-1].delay < 3.1 * 65536
    assert found[-1].jitter < 50


def test_a_subscriber_gets_reports_in_the_publishers_clock() -> None:
    call, alice, bob, layer = video_call()
    call.send(alice, [layer.report(call.now)])
    play(call, alice, layer, 90)

    report = sender_reports(bob)[-1]
    assert report.ssrc == 80
    # The report and the packets agree on which moment is which.
    packet = bob.got[80][-1]
    ahead = (report.rtp - packet.timestamp & 0xFFFFFFFF) / 90000
    at = (report.ntp - ntp_from_seconds(packet.time + 10000)) / (1 << 32)
    assert (
        abs((ahead + 1) % (1 << 32) - 1 - at) < 0.001 or abs(ahead - (1 << 32) / 90000 - at) < 0.001
    )
    assert report.packets <= len(bob.got[80])
    names = [p for p in bob.control if isinstance(p, rtcp.SourceDescription)]
    assert (names[0].cname, names[0].mid) == ("PA|TR_v", "m80")


def test_without_a_publishers_report_there_is_none_for_subscribers() -> None:
    call, alice, bob, layer = video_call()
    play(call, alice, layer, 60)

    assert sender_reports(bob) == []


def test_a_report_tells_loss_and_round_trip() -> None:
    call, alice, bob, layer = video_call()
    call.send(alice, [layer.report(call.now)])
    play(call, alice, layer, 60)
    sent_at = call.plane._state.subscription_table.report_time[0]
    last = sender_reports(bob)[-1].ntp >> 16 & 0xFFFFFFFF
    call.now = sent_at + 0.150
    block = rtcp.ReportBlock(80, 64, 12, 99, 900, last, int(0.1 * 65536))
    call.send(bob, [bytes(rtcp.ReceiverReport(5, [block]))])

    table = call.plane._state.subscription_table
    assert abs(table.rtt[0] - 0.05) < 0.001
    assert (table.fraction_lost[0], table.lost[0], table.jitter[0]) == (0.25, 12, 0.01)


def test_arrivals_are_fed_back_within_a_tenth_of_a_second() -> None:
    call = Call()
    alice = call.join("alice")
    for n in range(100):
        element = extensions.build([(3, (65500 + n & 0xFFFF).to_bytes(2, "big"))])
        if n % 10 != 5:
            call.send(alice, [rtp.build(96, n, n, 9, b"x", extension=element)])
        call.run(0.005)
    call.run(0.2)

    reports = [twcc.parse(p.body) for p in alice.control if isinstance(p, rtcp.Twcc)]
    arrivals = [arrival for report in reports if report for arrival in report.arrivals]
    assert 4 <= len(reports) <= 10
    assert [number for number, _ in arrivals] == [65500 + n & 0xFFFF for n in range(100)]
    assert [n for n, (_, time) in enumerate(arrivals) if time is None] == list(range(5, 100, 10))


def test_without_transport_cc_an_estimate_is_sent() -> None:
    call = Call()
    alice = call.join("alice", up={})
    voice = Microphone(7)
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    for _ in range(165):
        call.send(alice, [voice.make()])
        call.run(0.02)

    estimates = [packet for packet in alice.control if isinstance(packet, rtcp.Remb)]
    assert len(estimates) == 3
    assert estimates[-1].ssrcs == [7]
    assert estimates[-1].bitrate >= 2_900_000


def test_a_subscribers_feedback_is_counted() -> None:
    call, alice, bob, layer = video_call()
    play(call, alice, layer, 10)
    recorder = TwccRecorder()
    for index, number in enumerate(bob.numbers):
        if index != 7:
            recorder.receive(number, call.now + index * 0.001, marker=False)
    bodies = recorder.take_bodies(call.now + 1)
    call.send(bob, [bytes(rtcp.Twcc(5, 80, body)) for body in bodies])
    call.send(bob, [bytes(rtcp.Remb(5, 1_000_000, [80]))])
    call.run(0.02)

    table, row = call.plane._state.client_table, call.plane._state.by_name["bob/0"].row
    assert (table.confirmed[row], table.lost[row]) == (29, 1)
    assert 29 * 60 < table.acked[row] < 29 * 120
    assert table.remb[row] == 1_000_000


def test_a_receivers_clock_comes_back_with_the_delay() -> None:
    call = Call()
    alice = call.join("alice")
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    call.send(alice, [Microphone(7).make()])
    call.send(alice, [bytes(rtcp.ReferenceTime(77, 0x1234_5678_9ABC_DEF0))])
    call.run(1.5)

    answer = next(p for p in alice.control if isinstance(p, rtcp.ReferenceDelay))
    ((ssrc, middle, delay),) = answer.delays
    assert (ssrc, middle) == (77, 0x5678_9ABC)
    assert 0.4 * 65536 < delay < 1.1 * 65536


def test_the_clock_of_one_who_sends_nothing_comes_back_too() -> None:
    call = Call()
    bob = call.join("bob")
    call.send(bob, [bytes(rtcp.ReferenceTime(77, 0x1234_5678_9ABC_DEF0))])
    call.run(1.5)

    (report,) = (p for p in bob.control if isinstance(p, rtcp.ReceiverReport))
    (answer,) = (p for p in bob.control if isinstance(p, rtcp.ReferenceDelay))
    assert report.blocks == []
    assert answer.delays[0][:2] == (77, 0x5678_9ABC)


def test_the_round_trip_to_a_publisher_is_known() -> None:
    call = Call()
    alice = call.join("alice")
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    call.send(alice, [Microphone(7).make()])
    table = call.plane._state.client_table
    while not (times := [p for p in alice.control if isinstance(p, rtcp.ReferenceTime)]):
        call.run(0.01)
    call.run(0.3)
    last = times[0].ntp >> 16 & 0xFFFFFFFF
    answers = [(times[0].ssrc + 1, last, 0), (times[0].ssrc, last, int(0.22 * 65536))]
    call.send(alice, [bytes(rtcp.ReferenceDelay(7, [answer])) for answer in answers])

    assert 0.08 <= table.rtt[call.plane._state.by_name["alice/0"].row] <= 0.09


def test_what_arrived_earlier_than_it_was_read_counts_as_earlier() -> None:
    call = Call()
    alice = call.join("alice")
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    voice = Microphone(7)
    for n in range(100):
        arrival = call.now
        call.now += 0.0007 * (n % 7)  # what keeps us busy
        call.plane.forward(fill(call.ring, [(alice.path, voice.make())], arrival), call.now)
        call.now = arrival
        call.run(0.020)

    assert max(block.jitter for block in blocks(alice)) == 0


def test_the_mid_goes_with_reports_until_packets_have_arrived() -> None:
    call, alice, bob, layer = video_call()
    call.send(alice, [layer.report(call.now)])
    play(call, alice, layer, 60)
    call.send(bob, [bytes(rtcp.ReceiverReport(5, [rtcp.ReportBlock(80, 0, 0, 9, 0, 0, 0)]))])
    play(call, alice, layer, 60)

    named = [p.mid for p in bob.control if isinstance(p, rtcp.SourceDescription)]
    assert named == ["m80", "m80", "", ""]


def test_a_subscribers_pli_is_passed_on_throttled() -> None:
    call, alice, bob, layer = video_call()
    play(call, alice, layer, 60)
    alice.control.clear()
    for _ in range(20):
        call.send(bob, [bytes(rtcp.Pli(5, 80))])
        call.send(bob, [bytes(rtcp.Fir(5, [(80, 1)]))])
        call.send(alice, layer.make(call.now))
        call.run(0.1)

    assert 2 <= call.pli_count(alice, 10) <= 3


def test_publishers_without_nack_are_not_asked() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    plain = Codec("audio/opus", 111, 48000, 2)
    asks = Codec("audio/opus", 111, 48000, 2, feedback=["nack"])
    for ssrc, codec in ((7, plain), (8, asks)):
        call.publish(alice, f"TR_{ssrc}", Kind.AUDIO, [codec], [Encoding(0, ssrc=ssrc)])
        voice = Microphone(ssrc)
        call.send(alice, [voice.make(), *[voice.make() for _ in range(3)][2:]])
    call.run(0.1)

    assert {p.media for p in alice.control if isinstance(p, rtcp.Nack)} == {8}
    assert bob.control == []


def test_losses_one_after_the_other_do_not_put_the_question_off() -> None:
    call = Call()
    alice = call.join("alice")
    codec = Codec("audio/opus", 111, 48000, 2, feedback=["nack"])
    call.publish(alice, "TR_a", Kind.AUDIO, [codec], [Encoding(0, ssrc=7)])
    voice = Microphone(7)
    for n in range(100):
        packet = voice.make()
        if n % 2 == 0:
            call.send(alice, [packet])
        call.run(0.005)

    nacks = [packet for packet in alice.control if isinstance(packet, rtcp.Nack)]
    assert len({number for nack in nacks for number in nack.sequences}) >= 45


def test_twenty_subscriptions_are_reported_in_a_few_datagrams() -> None:
    call = Call(sealed=True)
    alice, bob = call.join("alice"), call.join("bob")
    for n in range(20):
        call.publish(alice, f"TR_{n}", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=n + 1)], str(n))
        call.subscribe(bob, f"TR_{n}", 100 + n, [OPUS_CODEC])
        voice = Microphone(n + 1)
        ntp = ntp_from_seconds(call.now)
        call.send(alice, [voice.make(), bytes(rtcp.SenderReport(n + 1, ntp, 1, 0, 0))])
    call.run(1.2)

    assert {report.ssrc for report in sender_reports(bob)} == set(range(100, 120))
    assert call.plane.stats.control_out <= 8
    assert gaps([]) == []


def test_reports_of_many_clients_are_spread_over_the_second() -> None:
    call = Call()
    people = [call.join(f"p{n}") for n in range(40)]
    for n, person in enumerate(people):
        call.publish(person, f"TR_{n}", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=n + 1)])
        call.send(person, [Microphone(n + 1).make()])
    call.run(2.0)
    moments = []
    for _ in range(100):
        before = sum(len(blocks(person)) for person in people)
        call.run(0.010)
        moments.append(sum(len(blocks(person)) for person in people) - before)

    assert sum(moments) == 40
    assert sum(moment > 0 for moment in moments) <= 20
    assert max(moments) <= 20


def test_clients_that_left_are_not_reported_to() -> None:
    call, alice, bob, layer = video_call()
    call.send(alice, [layer.report(call.now)])
    play(call, alice, layer, 10)
    for name in ("alice/0", "bob/0"):
        call.plane.remove_client(name)
    call.run(3.0)

    assert (blocks(alice), sender_reports(bob)) == ([], [])
