"""What is sent, packet by packet."""

from dataclasses import dataclass

import numpy as np

from api.loadtest import probe
from api.loadtest.bursts import Window
from api.loadtest.clips import Library, cut_vp8
from api.loadtest.headers import SEND_TIME_ID, TRANSPORT_CC_ID, template
from api.loadtest.memory import ROWS, Arena
from api.loadtest.outgoing import Outgoing
from recorder.clip import Frame
from sfu.extensions import locate
from sfu.rtp import Header

TICK = 0.001
MID, LEVEL = (4, b"0"), (1, b"\x9e")
WALL = 10**18


@dataclass
class Sent:
    """A row of the arena, read."""

    tick: int
    link: int
    ssrc: int
    sequence: int
    time: int
    marker: bool
    picture: int
    number: int  # transport-wide
    payload: bytes
    mark: tuple[int, int, int]  # time, stream, packet


class Studio:
    """A library of one video and one sound, and what is planned from it."""

    def __init__(self, key: int = 3, packets: int = 2) -> None:
        library = Library()
        self.video = library.add(
            [cut_vp8(Frame(bytes(1100 * count))) for count in (key, packets, packets)],
            1 / 30,
            90000,
        )
        self.sound = library.add([[bytes(50)], [bytes(60)]], 0.02, 48000)
        self.outgoing = Outgoing(library, 400, 8)
        self.arena = Arena()

    def camera(self, link: int, at: float, sequence: int = 100) -> int:
        head = template(96, 1000 + link, [MID])
        row = self.outgoing.add(link, self.video, 1000 + link, head, sequence=sequence, time=5000)
        self.outgoing.start(row, at)
        return row

    def microphone(self, link: int, at: float) -> int:
        head = template(111, 2000 + link, [LEVEL, MID])
        row = self.outgoing.add(link, self.sound, 2000 + link, head, sequence=7, time=0)
        self.outgoing.start(row, at)
        return row

    def plan(self, start: float, ticks: int = 8) -> list[Sent]:
        window = Window(start, WALL + round(start * 1e9), ticks, TICK)
        rows = self.outgoing.prepare(self.arena, window)
        return [self.read(row, tick) for row, tick in enumerate(rows.tolist())]

    def run(self, start: float, seconds: float) -> list[Sent]:
        windows = round(seconds / TICK) // 8
        return [s for n in range(windows) for s in self.plan(start + n * 8 * TICK)]

    def read(self, row: int, tick: int) -> Sent:
        packet = self.arena.packet(row)
        header = Header()
        assert header.read(packet, len(packet))
        places = locate(packet, header.profile, header.extension, header.extension_end)
        at, size = places[TRANSPORT_CC_ID]
        assert places[SEND_TIME_ID][1] == 3
        payload = packet[header.payload :]
        mark = probe.read(np.frombuffer(packet, np.uint8).copy(), len(packet))
        assert mark.is_marked
        return Sent(
            tick,
            int(self.arena.link[row]),
            header.ssrc,
            header.sequence,
            header.timestamp,
            header.marker,
            int.from_bytes(payload[2:4], "big") & 0x7FFF,
            int.from_bytes(packet[at : at + size], "big"),
            payload,
            (mark.time, mark.stream, mark.number),
        )


def test_nothing_is_sent_before_it_is_due() -> None:
    studio = Studio()
    studio.camera(0, 1.5)

    assert studio.plan(1.0) == []


def test_a_frame_has_one_time_and_picture_and_ends_with_a_marker() -> None:
    studio = Studio()
    studio.camera(0, 1.0)

    frame = studio.plan(1.0)

    assert [s.sequence for s in frame] == [100, 101, 102]
    assert {(s.time, s.picture) for s in frame} == {(8000, 101)}
    assert [s.marker for s in frame] == [False, False, True]
    assert [s.payload[0] for s in frame] == [0x90, 0x80, 0x80]


def test_frames_follow_each_other_without_a_gap() -> None:
    studio = Studio()
    studio.camera(0, 1.0, sequence=65_534)

    sent = studio.run(1.0, 1.0)

    numbers = [(s.sequence - 65_534) & 0xFFFF for s in sent]
    assert numbers == list(range(len(sent)))
    pictures = sorted({s.picture for s in sent})
    assert len(pictures) == 30
    assert sorted({s.time for s in sent}) == [5000 + 3000 * n for n in range(1, 31)]


def test_the_recording_begins_again_at_its_end() -> None:
    studio = Studio()
    studio.camera(0, 1.0)

    sent = studio.run(1.0, 0.2)

    packets = [sum(s.picture == picture for s in sent) for picture in range(101, 107)]
    assert packets == [3, 2, 2, 3, 2, 2]


def test_a_large_frame_leaves_in_bursts_two_milliseconds_apart() -> None:
    studio = Studio(key=30)
    studio.camera(0, 1.0)

    ticks = [s.tick for s in studio.plan(1.0)]

    assert [ticks.count(tick) for tick in range(8)] == [12, 0, 12, 0, 5, 0, 0, 0]


def test_a_key_frame_that_was_asked_for_comes_with_the_next_frame() -> None:
    studio = Studio()
    row = studio.camera(0, 1.0)
    studio.run(1.0, 0.384)  # twelve frames, so that the next one is the first of the recording
    studio.plan(1.384, ticks=20)

    studio.outgoing.ask_key(row, 1.9)

    assert len(studio.plan(1.404, ticks=32)) == 3


def test_key_frames_are_not_sent_all_the_time() -> None:
    studio = Studio()
    row = studio.camera(0, 1.0)
    studio.plan(1.0)

    studio.outgoing.ask_key(row, 1.1)

    assert len(studio.plan(1.032)) == 2


def test_all_packets_of_a_connection_share_one_numbering() -> None:
    studio = Studio()
    studio.microphone(0, 1.001)
    studio.camera(0, 1.0)
    studio.microphone(1, 1.0)

    sent = studio.run(1.0, 0.4)

    for link in (0, 1):
        numbers = [s.number for s in sent if s.link == link]
        assert numbers == list(range(len(numbers)))


def test_packets_leave_in_the_order_of_their_times() -> None:
    studio = Studio()
    studio.camera(0, 1.004)
    studio.microphone(1, 1.002)

    sent = studio.plan(1.0)

    assert [(s.tick, s.link) for s in sent] == [(2, 1), (4, 0), (4, 0), (4, 0)]


def test_the_mark_says_when_who_and_which() -> None:
    studio = Studio()
    row = studio.camera(0, 2.003)

    sent = studio.plan(2.0)

    moment = WALL + 2_003_000_000
    assert [s.mark for s in sent] == [(moment, row, 0), (moment, row, 1), (moment, row, 2)]


def test_what_has_no_room_is_sent_by_the_next_window() -> None:
    studio = Studio(key=12)
    for link in range(8):
        for _ in range(20):
            studio.camera(link, 1.0)

    first, second = studio.plan(1.0), studio.plan(1.008)

    assert ROWS - 12 < len(first) <= ROWS
    assert len(first) + len(second) == 160 * 12


def test_a_packet_can_be_sent_again() -> None:
    studio = Studio()
    row = studio.camera(0, 1.0)
    sent = studio.plan(1.0)[1]

    found = studio.outgoing.again(row, sent.sequence, 1.1)

    assert found is not None
    time, payload = found
    assert time == sent.time
    assert payload[: -probe.SIZE] == sent.payload[: -probe.SIZE]


def test_a_packet_that_was_never_sent_cannot() -> None:
    studio = Studio()
    row = studio.camera(0, 1.0)
    studio.plan(1.0)

    assert studio.outgoing.again(row, 99, 1.1) is None


def test_a_packet_is_not_sent_twice_within_a_moment() -> None:
    studio = Studio()
    row = studio.camera(0, 1.0)
    sequence = studio.plan(1.0)[1].sequence

    found = [studio.outgoing.again(row, sequence, now) for now in (1.1, 1.105, 1.12)]

    assert [one is None for one in found] == [False, True, False]


def test_the_send_time_is_that_of_the_tick() -> None:
    studio = Studio()
    studio.camera(0, 1.006)

    studio.plan(1.0)

    packet = studio.arena.packet(0)
    header = Header()
    assert header.read(packet, len(packet))
    at, size = locate(packet, header.profile, header.extension, header.extension_end)[SEND_TIME_ID]
    assert abs(int.from_bytes(packet[at : at + size], "big") / (1 << 18) - 1.006) < 0.0002


def test_a_sender_report_continues_the_streams_clock() -> None:
    studio = Studio()
    row = studio.camera(0, 1.0)
    studio.plan(1.0)

    assert studio.outgoing.rtp_time(row, 1.0) == 8000
    assert abs(studio.outgoing.rtp_time(row, 1.1) - 17000) <= 1
