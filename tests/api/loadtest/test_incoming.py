"""What is received, and what is wrong with it."""

import numpy as np

from sfu import extensions, rtp
from sfu.feedback.twcc import parse
from tests.api.loadtest.receiving import MS, Desk, packet


def test_packets_in_order_have_no_gaps() -> None:
    desk = Desk()
    row = desk.video()

    desk.receive([packet(65_530 + n, 1 + n // 3) for n in range(12)])
    desk.receive([packet(65_542 + n, 5 + n // 3) for n in range(12)])

    assert desk.order.gaps == {}
    assert int(desk.order.received[row]) == 24
    assert int(desk.order.highest[row] - desk.order.first[row]) == 23


def test_streams_in_one_batch_do_not_mix() -> None:
    desk = Desk()
    desk.video(ssrc=11)
    desk.video(ssrc=12)

    desk.receive([packet(n // 2 + 1000 * (n % 2), ssrc=11 + n % 2) for n in range(20)])

    assert desk.order.gaps == {}
    assert desk.order.received[:2].tolist() == [10, 10]


def test_a_missing_packet_is_noticed_and_repaired() -> None:
    desk = Desk()
    row = desk.video()
    desk.video(ssrc=99, repairs=row)
    desk.receive([packet(1), packet(2), packet(4)])
    assert list(desk.order.gaps[row].missing) == [0x10003]

    desk.receive([rtp.build(97, 1, 0, 99, (3).to_bytes(2, "big") + bytes(40))])

    assert desk.order.gaps[row].missing == {}
    assert desk.order.gaps[row].repaired == 1
    assert desk.incoming.tally.repairs == 1


def test_a_late_packet_is_no_duplicate() -> None:
    desk = Desk()
    row = desk.video()

    desk.receive([packet(1), packet(3), packet(2), packet(4), packet(4)])

    gaps = desk.order.gaps[row]
    assert (gaps.late, gaps.duplicates, gaps.missing) == (1, 1, {})


def test_picture_ids_go_on_with_the_frames() -> None:
    desk = Desk()
    desk.video()

    desk.receive([packet(n, 32_760 + n // 2 & 0x7FFF, time=n // 2 * 3000) for n in range(40)])

    assert desk.incoming.tally.picture_breaks == 0


def test_a_picture_id_that_jumps_is_a_break() -> None:
    desk = Desk()
    desk.video()
    desk.receive([packet(1, 5), packet(2, 6)])

    desk.receive([packet(3, 8, time=7 * 3000)])

    assert desk.incoming.tally.picture_breaks == 1


def test_a_picture_id_that_changes_within_a_frame_is_a_break() -> None:
    desk = Desk()
    desk.video()

    desk.receive([packet(1, 5), packet(2, 6, time=5 * 3000)])

    assert desk.incoming.tally.picture_breaks == 1


def test_a_lost_frame_is_no_break() -> None:
    desk = Desk()
    desk.video()
    desk.receive([packet(1, 5), packet(2, 6)])

    desk.receive([packet(4, 8)])
    desk.receive([packet(5, 9)])

    assert desk.incoming.tally.picture_breaks == 0


def test_a_small_picture_id_may_be_narrow() -> None:
    desk = Desk()
    row = desk.video()
    desk.receive([packet(1, 32_767, time=0, key=True)])

    desk.receive([packet(2 + n, n, time=1 + n, wide=False, key=True) for n in range(128)])
    desk.receive([packet(130, 128, time=200)])

    assert desk.incoming.tally.picture_breaks == 0
    assert int(desk.pictures.key_frames[row]) == 129


def test_a_narrow_picture_id_that_jumps_is_a_break() -> None:
    desk = Desk()
    desk.video()
    desk.receive([packet(1, 5)])

    desk.receive([packet(2, 9, time=6 * 3000, wide=False)])

    assert desk.incoming.tally.picture_breaks == 1


def test_padding_is_no_frame() -> None:
    desk = Desk()
    desk.video()
    desk.receive([packet(1, 5)])

    desk.receive([packet(2, 5, time=99_999, padding=20)])
    desk.receive([packet(3, 6), packet(4, 7)])

    assert desk.incoming.tally.picture_breaks == 0
    assert desk.incoming.tally.padded == 1


def test_a_sample_is_judged_by_the_frames_between() -> None:
    desk = Desk(sample=4)
    desk.video()

    desk.receive([packet(1, 1)])
    desk.receive([packet(n, n) for n in range(2, 22)])
    assert desk.incoming.tally.picture_breaks == 0
    assert desk.sealer.opened == 6

    desk.receive([packet(n, n + 1, time=n * 3000) for n in range(22, 30)])
    assert desk.incoming.tally.picture_breaks == 1


def test_another_layer_must_begin_with_a_key_frame() -> None:
    desk = Desk()
    desk.video()
    desk.receive([packet(1, 1, source=3, key=True), packet(2, 2, source=3)])

    desk.receive([packet(3, 3, source=4, key=True), packet(4, 4, source=4)])
    assert (desk.incoming.tally.switches, desk.incoming.tally.switch_breaks) == (1, 0)

    desk.receive([packet(5, 5, source=3)])
    assert (desk.incoming.tally.switches, desk.incoming.tally.switch_breaks) == (2, 1)


def test_a_stream_must_begin_with_a_key_frame() -> None:
    desk = Desk(sample=8)
    row = desk.video()

    desk.receive([packet(1, source=3)])

    assert desk.incoming.tally.switch_breaks == 1
    assert int(desk.pictures.key_frames[row]) == 0


def test_key_frames_are_counted() -> None:
    desk = Desk()
    row = desk.video()

    desk.receive([packet(1, 1, key=True), packet(2, 1, begins=False, key=True), packet(3, 2)])

    assert int(desk.pictures.key_frames[row]) == 1


def test_latency_is_from_sending_to_the_kernels_time() -> None:
    desk = Desk()
    desk.video()
    planned = 98 * MS
    desk.incoming.times.note(planned, planned + MS // 2)

    desk.receive([packet(1, sent=planned)])

    latency = desk.incoming.latency.quantile(0.5)
    assert latency is not None
    assert abs(latency - 0.0015) < 0.0001


def test_a_packet_that_is_not_ours_has_no_latency() -> None:
    desk = Desk()
    desk.video()

    desk.receive([packet(1, sent=12345)])

    assert desk.incoming.latency.count == 0


def test_forged_packets_are_counted() -> None:
    desk = Desk()
    desk.video()

    desk.receive([packet(1), packet(2, text=b"bad"), packet(3)])

    assert (desk.incoming.tally.unauthentic, desk.incoming.tally.marked) == (1, 2)


def test_packets_of_streams_that_nobody_announced_are_counted() -> None:
    desk = Desk()
    desk.video(link=1)

    desk.receive([packet(1)], link=0)

    assert (desk.incoming.tally.unknown, desk.incoming.tally.packets) == (1, 1)


def test_transport_wide_numbers_are_reported() -> None:
    desk = Desk()
    desk.video()
    desk.receive([packet(n, number=65_530 + n) for n in range(10)])

    body = desk.report()

    assert body is not None
    report = parse(body)
    assert report is not None
    assert [number for number, _ in report.arrivals] == [(65_530 + n) & 0xFFFF for n in range(10)]


def test_the_number_is_found_when_the_header_changes() -> None:
    desk = Desk()
    desk.video()
    long = [(5, b"\0\1"), (4, b"mid0")]
    short = [(4, b"m"), (5, b"\0\2")]

    desk.receive([
        rtp.build(96, 1, 0, 11, bytes(60), extension=extensions.build(long)),
        rtp.build(96, 2, 0, 11, bytes(60), extension=extensions.build(short)),
    ])  # fmt: skip

    body = desk.report()
    assert body is not None
    report = parse(body)
    assert report is not None
    assert [number for number, _ in report.arrivals] == [1, 2]


def test_a_measurement_counts_from_its_beginning() -> None:
    desk = Desk()
    row = desk.video()
    desk.receive([packet(n) for n in range(5)])

    desk.incoming.begin_measuring()
    desk.receive([packet(n) for n in range(5, 8)])

    assert desk.incoming.tally.packets == 3
    assert np.array_equal(desk.order.received[row], 8)
