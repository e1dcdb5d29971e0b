"""Each kind of break is seen, and a whole stream is none."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.sim import marks
from tests.sim.continuity import Continuity, wrong_numbers
from tests.sim.marks import KEY, LAST, Mark
from tests.sim.receiver import Packet

VP8 = 120


def stream(frames: int, *, layer: int = 0, first: int = 100, start: int = 0) -> list[Packet]:
    """Frames of two packets, the first a key frame; `start` is the stream's time before it."""
    packets = []
    for number in range(2 * frames):
        frame, part = divmod(number, 2)
        flags = (LAST if part else 0) | (0 if frame else KEY)
        mark = Mark(1, layer, 0, 0, 500 + number, 7000 + 3000 * frame, frame, part, flags)
        ids = bytes([0x90, 0xD0, 0x80, frame + 1 & 0xFF, frame + 1 & 0xFF, 1])
        payload = ids + bytes([frame > 0]) + marks.write(mark)
        packets.append(
            Packet(9, first + number, start + 3000 * (frame + 1), part == 1, VP8, {}, payload)
        )
    return packets


def judge(packets: list[Packet], **options: bool) -> Continuity:
    found = Continuity(vp8=VP8, **options)  # type: ignore[arg-type]
    for packet in packets:
        found.take(packet)
    found.settle()
    return found


def test_a_whole_stream_has_no_problems() -> None:
    found = judge(stream(20))

    assert found.problems == []
    assert (found.judged, found.switches) == (40, 0)


def test_late_packets_find_their_place() -> None:
    packets = stream(20)
    packets[7], packets[12] = packets[12], packets[7]

    assert judge(packets).problems == []


def renumbered(packet: Packet, **changes: int) -> Packet:
    """With other ids in the descriptor."""
    payload = bytearray(packet.payload)
    for place, value in (("picture", 3), ("tl0", 4), ("key", 5)):
        if place in changes:
            payload[value] = changes[place]
    return replace(packet, payload=bytes(payload))


BREAKS: dict[str, Callable[[list[Packet]], object]] = {
    "1 numbers are missing": lambda p: p.pop(11),
    "came twice": lambda p: p.append(p[11]),
    "is no start of a key frame": lambda p: p.pop(0),
    "another time than sent": lambda p: p.append(replace(p.pop(), timestamp=0)),
    "picture goes 2 on": lambda p: p.append(renumbered(p.pop(), picture=22)),
    "tl0 goes 1 on": lambda p: p.append(renumbered(p.pop(), tl0=21)),
    "key index goes 1 on": lambda p: p.append(renumbered(p.pop(), key=2)),
    "but was sent as": lambda p: p.append(replace(p.pop(), index=p[-1].index + 2)),
    "has no mark": lambda p: p.append(replace(p.pop(), payload=b"\x90\x00\x00")),
}  # fmt: skip


@pytest.mark.parametrize("problem", BREAKS)
def test_a_break_is_seen(problem: str) -> None:
    packets = stream(20)
    BREAKS[problem](packets)

    assert any(problem in text for text in judge(packets).problems)


def switched(start: int, ids: dict[str, int]) -> list[Packet]:
    """Ten frames of one layer, then one of another, whose first packet is numbered like this."""
    after = [renumbered(packet, **ids) for packet in stream(1, layer=2, first=120, start=start)]
    return stream(10) + after


NEXT = {"picture": 11, "tl0": 11, "key": 2}


def test_a_switch_at_a_key_frame_is_no_break() -> None:
    found = judge(switched(30_000, NEXT))

    assert found.problems == []
    assert found.switches == 1


@pytest.mark.parametrize(
    ("start", "ids", "problem"),
    [
        (27_000, NEXT, "is 0 after"),
        (30_000, NEXT | {"picture": 12}, "picture goes 2 on"),
        (30_000, NEXT | {"tl0": 10}, "tl0 goes 0 on"),
        (30_000, NEXT | {"key": 1}, "key index goes 0 on"),
    ],
)
def test_a_switch_with_a_break_is_seen(start: int, ids: dict[str, int], problem: str) -> None:
    assert any(problem in text for text in judge(switched(start, ids)).problems)


def test_a_switch_elsewhere_than_at_a_key_frame_is_seen() -> None:
    packets = switched(30_000, NEXT)
    packets = [*packets[:-2], replace(packets[-1], index=120)]

    assert any("elsewhere than at a key frame" in text for text in judge(packets).problems)


def test_what_was_lost_on_the_way_to_us_excuses_a_gap() -> None:
    packets = stream(20)
    lost = marks.read(packets.pop(11).payload)[0].number
    found = Continuity(vp8=VP8, disturbed=lambda mark: mark.number == lost)
    for packet in packets:
        found.take(packet)
    found.settle()

    assert found.problems == []


def test_transport_wide_numbers() -> None:
    assert wrong_numbers([]) == []
    assert wrong_numbers([65534, 65535, 1, 0, 2]) == []
    assert wrong_numbers([5, 6, 6, 9]) == [6, 7, 8]
