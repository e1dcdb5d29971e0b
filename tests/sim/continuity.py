"""Is what one client gets on one SSRC a single stream, as a decoder wants it? (RFC 3550, RFC 7741)

Packets are taken as they come and judged in the order of their numbers, since some are late.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sfu.blanks import H264_BLACK, VP8_BLACK
from sfu.made import OPUS_SILENCE
from tests.sim import marks
from tests.sim.marks import Mark
from tests.sim.receiver import Packet

MADE = (OPUS_SILENCE, VP8_BLACK, *H264_BLACK)  # ends of what we make ourselves
OURS = -1  # instead of a publisher's generation
LATEST = 90_000 * 60  # ticks by which a stream may go on after a pause
HALF, WRAP = 1 << 31, 1 << 32


@dataclass(slots=True)
class Ids:
    """The numbers in a VP8 descriptor (RFC 7741, section 4.2); None: it has none."""

    picture: int | None = None
    bits: int = 7
    tl0: int | None = None
    key: int | None = None


def read_ids(payload: bytes) -> Ids:
    ids, at = Ids(), 2
    if not payload[0] & 0x80:
        return ids
    flags = payload[1]
    if flags & 0x80:
        ids.picture = payload[at]
        if ids.picture & 0x80:
            ids.bits = 15
            ids.picture = (ids.picture & 0x7F) << 8 | payload[at + 1]
            at += 1
        at += 1
    if flags & 0x40:
        ids.tl0 = payload[at]
        at += 1
    if flags & 0x10:
        ids.key = payload[at] & 0x1F
    return ids


Disturbed = Callable[[Mark], bool]  # did this packet get lost or come late on its way to us?


def undisturbed(mark: Mark) -> bool:
    return False


@dataclass(slots=True)
class Continuity:
    """`take` packets, `settle` now and then; `problems` must stay empty.

    `is_video`: another layer begins with a key frame. `vp8`: payload type of VP8, whose pictures
    are numbered. `is_thinned`: frames of upper temporal layers may be left out. `disturbed`
    excuses gaps.
    """

    is_video: bool = True
    vp8: int = -1
    is_thinned: bool = False
    disturbed: Disturbed = undisturbed
    problems: list[str] = field(default_factory=list)
    switches: int = 0
    judged: int = 0
    _waiting: dict[int, Packet] = field(default_factory=dict)
    _last: Packet | None = None
    _mark: Mark | None = None

    def take(self, packet: Packet) -> None:
        if packet.index in self._waiting or self._is_behind(packet):
            self.problems.append(f"{packet.index} came twice, or after it was given up")
        self._waiting[packet.index] = packet

    def _is_behind(self, packet: Packet) -> bool:
        return self._last is not None and packet.index <= self._last.index

    def settle(self, margin: int = 0) -> None:
        """Judge all but the `margin` latest numbers: the gaps before them are final."""
        limit = max(self._waiting, default=0) - margin
        for index in sorted(index for index in self._waiting if index <= limit):
            self._judge(self._waiting.pop(index))

    def _judge(self, packet: Packet) -> None:
        found = marks.read(packet.payload)
        if not found:
            self._judge_other(packet)
            return
        last, before, mark = self._last, self._mark, found[-1]
        self._last, self._mark = packet, mark
        self.judged += 1
        if last is None or before is None:
            if self.is_video and not mark.starts_key:
                self._complain(packet, "is no start of a key frame, though the first")
            return
        self._judge_gap(last, before, packet, mark)
        self._judge_step(last, before, packet, mark)
        if last.payload_type == packet.payload_type == self.vp8:
            self._judge_ids(last, before, packet, mark)

    def _judge_other(self, packet: Packet) -> None:
        """No publisher's: silence or black of our own, directly behind the last one."""
        last, before = self._last, self._mark
        if not packet.payload.endswith(MADE) or last is None or before is None:
            self._complain(packet, "has no mark")
            return
        if packet.index != last.index + 1:
            self._complain(packet, "is ours, and not the next one")
        if not 0 <= distance(last.timestamp, packet.timestamp) < LATEST:
            self._complain(packet, "is ours, and before the last one")
        self._last, self._mark = packet, before._replace(generation=OURS)

    def _judge_gap(self, last: Packet, before: Mark, packet: Packet, mark: Mark) -> None:
        gap = packet.index - last.index - 1
        if not gap:
            return
        is_same = same_run(before, mark)
        beyond = mark.number if is_same and mark.number > before.number else before.number + 64
        excused = self._disturbed_between(before, beyond)
        if gap > excused:
            self._complain(packet, f"{gap} numbers are missing before it, {excused} were lost")

    def _disturbed_between(self, before: Mark, beyond: int) -> int:
        numbers = range(before.number + 1, beyond)
        return sum(self.disturbed(before._replace(number=number)) for number in numbers)

    def _judge_step(self, last: Packet, before: Mark, packet: Packet, mark: Mark) -> None:
        if before.layer != mark.layer:
            self.switches += 1
        later = distance(last.timestamp, packet.timestamp)
        if self._goes_on(last, before, packet, mark):
            if later != distance(before.timestamp, mark.timestamp):
                self._complain(
                    packet, f"is {later} after the one before it, another time than sent"
                )
            self._judge_part(packet, before, mark, packet.index - last.index)
            return
        if self.is_video and not mark.starts_key:
            self._complain(packet, f"goes on elsewhere than at a key frame: {before} {mark}")
        if not 0 < later < LATEST:
            self._complain(packet, f"is {later} after the one before it")

    def _goes_on(self, last: Packet, before: Mark, packet: Packet, mark: Mark) -> bool:
        """Is it numbered like the one before it? At a key frame it need not."""
        if not same_run(before, mark):
            return False
        step, sent = packet.index - last.index, mark.number - before.number
        is_mapped = step == sent or (self.is_thinned and 0 < step < sent)
        can_begin = mark.starts_key if self.is_video else step == 1 and sent > 1
        if not is_mapped and not can_begin:
            self._complain(packet, f"is {step} after the one before it, but was sent as {sent}")
        same_time = distance(last.timestamp, packet.timestamp) == distance(
            before.timestamp, mark.timestamp
        )
        return is_mapped and (same_time or not can_begin)

    def _judge_part(self, packet: Packet, before: Mark, mark: Mark, step: int) -> None:
        """Frames are whole, where nothing is missing."""
        if step != 1 or not self.is_video:
            return
        is_next = mark.part == 0 and (before.is_last or self.is_thinned)
        is_more = mark.frame == before.frame and mark.part == before.part + 1
        # Behind a loss the rest of a frame may come whose start was left out.
        is_rest = self.is_thinned and self._disturbed_between(before, mark.number) > 0
        if not (is_next or is_more or is_rest):
            self._complain(packet, f"does not follow: {before} {mark}")

    def _judge_ids(self, last: Packet, before: Mark, packet: Packet, mark: Mark) -> None:
        if packet.index != last.index + 1:
            return
        old, new = read_ids(last.payload), read_ids(packet.payload)
        starts = mark.part == 0
        if old.picture is not None and new.picture is not None:
            bits = min(old.bits, new.bits)
            self._step(packet, "picture", new.picture - old.picture & (1 << bits) - 1, starts)
        if old.tl0 is not None and new.tl0 is not None:
            is_base = starts and mark.temporal == 0
            self._step(packet, "tl0", new.tl0 - old.tl0 & 0xFF, is_base)
        if old.key is not None and new.key is not None:
            self._step(packet, "key index", new.key - old.key & 0x1F, mark.starts_key)

    def _step(self, packet: Packet, what: str, step: int, is_more: bool) -> None:
        if step != is_more:
            self._complain(packet, f"{what} goes {step} on, not {int(is_more)}")

    def _complain(self, packet: Packet, what: str) -> None:
        self.problems.append(f"{packet.ssrc}/{packet.index}: {what}")


def same_run(one: Mark, other: Mark) -> bool:
    """Are the numbers and timestamps of one publisher's numbering?"""
    return (one.track, one.layer, one.generation) == (other.track, other.layer, other.generation)


def distance(start: int, end: int) -> int:
    """From one 32-bit timestamp to another, the short way round."""
    return (end - start + HALF) % WRAP - HALF


def wrong_numbers(numbers: list[int]) -> list[int]:
    """Which of a client's transport-wide numbers did not leave, or left twice; 16 bits each."""
    wrong, seen, highest = [], set[int](), numbers[0] if numbers else 0
    for number in numbers:
        extended = highest + ((number - highest + 0x8000) % 0x10000 - 0x8000)
        if extended in seen:
            wrong.append(number)
        seen.add(extended)
        highest = max(highest, extended)
    everything = range(min(seen, default=0), highest)
    return wrong + [number % 0x10000 for number in everything if number not in seen]
