"""Which layer a subscriber gets at this packet: functions of values (LiveKit).

Three numbers stand for each subscription: `wanted`, the highest quality that its client asks for;
`target`, the layer it shall get with what flows now; `current`, the layer it gets. `aim` makes
target of wanted, `take` moves current to target when a frame allows it.
"""

from collections.abc import Collection, Sequence

from simulcast.frame import Frame
from simulcast.layers import NONE

START = 1.0  # seconds after the first layer in which a new subscription waits for the wanted one
REPEAT_MIN, REPEAT_MAX = 0.2, 1.0  # seconds between two requests for the key frame of a switch


def aim(wanted: int, flowing: Collection[int]) -> int:
    """The target: the best layer that flows and is not above `wanted`.

    When all that flows is above, the lowest of it: too good a picture is better than none. NONE
    when nothing flows or nothing is wanted.
    """
    if wanted == NONE or not flowing:
        return NONE
    fitting = [layer for layer in flowing if layer <= wanted]
    return max(fitting) if fitting else min(flowing)


def aim_at_start(
    wanted: int, published: Collection[int], flowing: Collection[int], since_first: float
) -> int:
    """The target in the first second of a publication, when its upper layers have yet to come.

    `since_first`: seconds since its first packet. Browsers start the layers one after the other
    within about half a second; going to a lower one first would cost another key frame each.
    """
    return aim(wanted, published if since_first < START and flowing else flowing)


def take(current: int, target: int, layer: int, *, starts_key_frame: bool) -> int:
    """The layer that is current from this packet on, a packet of `layer`.

    Changes only where a key frame starts (elsewhere a decoder could not follow): to the target,
    and on the way up to any layer between. A current layer above its target goes on until the
    target's key frame is there. A target of NONE pauses at once.
    """
    if target == NONE:
        return NONE
    if not starts_key_frame or layer == current:
        return current
    if layer == target:
        return target
    if current == NONE or current < layer < target:
        # Nothing is shown yet: even a layer above the target is better than waiting.
        return layer
    return current


def passes(current: int, layer: int, temporal: int, temporal_cap: int) -> bool:
    """Does a packet of this layer go to the subscriber?"""
    return layer == current and temporal <= temporal_cap


def take_temporal(current: int, target: int, frame: Frame) -> int:
    """The highest temporal layer that passes from this packet of the current layer on.

    Down at once. Up at a key frame, or at a frame of a higher temporal layer that depends on the
    base alone (VP8: the Y bit).
    """
    if target <= current or (frame.is_key and frame.starts):
        return target
    if frame.starts and frame.sync and current < frame.temporal <= target:
        return frame.temporal
    return current


def temporal_cap(fps: float, rates: Sequence[float]) -> int:
    """The highest temporal layer for a wish of `fps` frames per second; 0 is no limit.

    `rates[t]`: frames per second with layers 0 to t. The lowest layer that fulfils the wish to a
    tenth; the top when none does.
    """
    top = max(len(rates) - 1, 0)
    if fps <= 0:
        return top
    return next((t for t, rate in enumerate(rates) if rate >= fps * 0.9), top)


def request_interval(rtt: float) -> float:
    """Seconds between two key-frame requests while a switch waits."""
    return min(max(2 * rtt, REPEAT_MIN), REPEAT_MAX)
