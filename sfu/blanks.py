"""What a subscriber gets when a track falls silent or ends for it (LiveKit).

Behind sound that is muted comes a second of silence: a decoder that has heard the last of a voice
would go on making noise of it. Behind a subscription that ends come silence and black pictures, so
that the next track on the same m-line does not begin with the last picture of this one.
"""

from sfu.formats import Format, Payload
from sfu.made import MARKER, Maker, mark, silence
from sfu.rewrite import ids
from sfu.state import State
from sfu.subscription import Subscription
from sfu.tables import NEVER
from simulcast.descriptors import vp8

MUTED = 1.0  # seconds of silence
FRAME = 0.02  # seconds of one frame of it
SILENT, BLACK = 2, 3  # frames at an end: should the first ones get lost, nobody asks for them
PICTURES = 30  # a second
# One macroblock of black each: from libvpx, and from x264 in the constrained baseline profile.
VP8_BLACK = bytes.fromhex("7002009d012a10001000390500011c240c2c2c442c2440100000606ac0feffab5080")
H264_BLACK = [  # SPS, PPS, IDR
    bytes.fromhex("6742c00adde840000003004000000f23c489e0"),
    bytes.fromhex("68ce0fc8"),
    bytes.fromhex("6588843a2628000902e0"),
]


class Blanks:
    """The plane calls `handle_timeout` when it is due."""

    def __init__(self, state: State, maker: Maker) -> None:
        self._state = state
        self._maker = maker
        self._silent: dict[int, float] = {}  # by row of sound that was muted, until when

    def mute(self, subscription: Subscription, now: float) -> None:
        """It gets no more of the publisher's packets for now."""
        if subscription.publication.is_audio and self._payload(subscription) is not None:
            self._silent[subscription.row] = now + MUTED
            self._come_back(now)

    def forget(self, subscription: Subscription) -> None:
        """Its row is free."""
        self._silent.pop(subscription.row, None)

    def handle_timeout(self, _: int, now: float) -> None:
        table = self._state.subscription_table
        for row, until in list(self._silent.items()):
            subscription = self._state.subscription(row)
            payload = self._payload(subscription)
            # Once the publisher's own packets come again, ours would be in their way.
            if now >= until or payload is None or table.stream[row] != NEVER:
                del self._silent[row]
            else:
                self._be_silent(subscription, payload, now)
        if self._silent:
            self._come_back(now + FRAME)

    def end(self, subscription: Subscription, now: float) -> None:
        """It is about to be removed: its SSRC is not used again."""
        payload = self._payload(subscription)
        if payload is None:
            return
        if subscription.publication.is_audio:
            for _ in range(SILENT):
                self._be_silent(subscription, payload, now)
        elif (make := BLACKS.get(payload.format)) is not None:
            for frame in make(self._state, subscription):
                self._show(subscription, payload, frame, now)

    def _come_back(self, at: float) -> None:
        # On a grid: what is due between two of its moments leaves together.
        self._state.deadlines.set(("blanks", 0), round(at / FRAME) * FRAME)

    def _payload(self, subscription: Subscription) -> Payload | None:
        """What it was sent last; None when nothing was, or nothing can be."""
        table, row = self._state.subscription_table, subscription.row
        if subscription.source is None or not subscription.client.is_ready:
            return None
        return subscription.types.payloads.get(table.payload_type[row])

    def _be_silent(self, subscription: Subscription, payload: Payload, now: float) -> None:
        rate = payload.clock_rate
        timestamp = self._next(subscription, rate, int(rate * FRAME), now)
        kind = MARKER | self._state.subscription_table.payload_type[subscription.row]
        self._maker.send(subscription, kind, silence(subscription, payload), timestamp, now)

    def _show(
        self, subscription: Subscription, payload: Payload, frame: list[bytes], now: float
    ) -> None:
        """A picture in so many packets."""
        rate = payload.clock_rate
        timestamp = self._next(subscription, rate, rate // PICTURES, now)
        kind = self._state.subscription_table.payload_type[subscription.row]
        *parts, last = frame
        for part in parts:
            self._maker.send(subscription, kind, part, timestamp, now)
        last += mark(subscription)
        self._maker.send(subscription, MARKER | kind, last, timestamp, now)

    def _next(self, subscription: Subscription, rate: int, step: int, now: float) -> int:
        """The timestamp of a frame so many ticks behind the last one, or as time has passed."""
        table, row = self._state.subscription_table, subscription.row
        elapsed = int((now - table.last_time[row]) * rate)
        return table.last_timestamp[row] + (elapsed if elapsed > 2 * step else step) & 0xFFFFFFFF


def _vp8(state: State, subscription: Subscription) -> list[list[bytes]]:
    """The ids go on from the last packet's; it has none to speak of when it is too long ago."""
    table, history, row = state.subscription_table, state.history, subscription.row
    number = table.next[row] - 1
    entry = table.history[row] + (number & table.depth[row] - 1)
    reference = history.reference[entry]
    if history.stamp[entry] >> 32 != number & 0xFFFF or not state.ring.holds(reference):
        return [[vp8.build() + VP8_BLACK]] * BLACK
    last, places = history.ids[entry], state.packets.ids_at[reference & 0xFFFFFF]
    picture_at, is_wide, tl0_at, key_at = ids.parse_places(places)
    descriptors = (
        vp8.build(
            ids.picture(last + step) if picture_at else -1,
            ids.tl0(last) + step & 0xFF if tl0_at else -1,
            ids.key(last) + step & 0x1F if key_at else -1,
            wide=is_wide,
        )
        for step in range(1, BLACK + 1)
    )
    return [[descriptor + VP8_BLACK] for descriptor in descriptors]


def _h264(state: State, subscription: Subscription) -> list[list[bytes]]:
    # Units of their own, which every packetization mode allows (RFC 6184, section 6).
    return [H264_BLACK] * BLACK


BLACKS = {Format.VP8: _vp8, Format.H264: _h264}
