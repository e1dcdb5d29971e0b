"""Which layers of a publication flow (LiveKit).

Browsers start and stop upper layers with their bandwidth estimate. A layer that has just stopped
is believed again only after some seconds: each switch costs a key frame.
"""

from simulcast.layers import LAYERS

CYCLE, SCREEN_CYCLE = 0.5, 2.0  # seconds between two checks
ENOUGH = (1, 5, 5)  # packets that make a cycle good, by layer
REVIVAL = (4, 20, 20)  # good cycles after which a stopped layer flows again
SCREEN_ENOUGH = SCREEN_REVIVAL = (1, 1, 1)  # a still screen sends little


class Tracker:
    """The layers of one publication. `receive` every packet of it, padding left out."""

    def __init__(self, *, is_screen: bool = False) -> None:
        self._cycle = SCREEN_CYCLE if is_screen else CYCLE
        self._enough = SCREEN_ENOUGH if is_screen else ENOUGH
        self._revival = SCREEN_REVIVAL if is_screen else REVIVAL
        self._live = [False] * LAYERS
        self._is_fresh = [True] * LAYERS  # its next packet counts at once
        self._packets = [0] * LAYERS  # in this cycle
        self._good = [0] * LAYERS  # cycles in a row
        self._check_at: float | None = None

    @property
    def flowing(self) -> list[int]:
        """The layers that flow, ascending."""
        return [layer for layer in range(LAYERS) if self._live[layer]]

    def receive(self, layer: int, now: float) -> bool:
        """A packet. True: its layer flows now, and did not before."""
        self._packets[layer] += 1
        if self._live[layer] or not self._is_fresh[layer]:
            return False
        self._is_fresh[layer] = False
        self._live[layer] = True
        if self._check_at is None:
            self._check_at = now + self._cycle
        return True

    def flows(self, layer: int) -> bool:
        return self._live[layer]

    def add(self, layer: int, packets: int) -> None:
        """Several packets of a layer that flows."""
        self._packets[layer] += packets

    def reset(self, layer: int) -> None:
        """The layer is asked for again: its first packet counts."""
        self._is_fresh[layer] = True
        self._good[layer] = 0

    def end(self, layer: int) -> bool:
        """The sender says that it has stopped this layer. True: it flowed."""
        was_live, self._live[layer] = self._live[layer], False
        self.reset(layer)
        return was_live

    def stop(self) -> bool:
        """The publication is muted: nothing flows, and all layers may start at once afterwards.

        True when something flowed.
        """
        was_live = any(self._live)
        self._live = [False] * LAYERS
        for layer in range(LAYERS):
            self.reset(layer)
        return was_live

    def next_timeout(self) -> float | None:
        return self._check_at

    def handle_timeout(self, now: float) -> bool:
        """Check all layers when it is time. True: `flowing` has changed."""
        if self._check_at is None or now < self._check_at:
            return False
        before = self.flowing
        for layer in range(LAYERS):
            self._check(layer)
        if any(self._live) or any(self._packets):
            self._check_at = now + self._cycle
        else:
            # Silence on all layers is a lost network, not a bandwidth estimate: start afresh.
            self.stop()
            self._check_at = None
        self._packets = [0] * LAYERS
        return self.flowing != before

    def _check(self, layer: int) -> None:
        packets = self._packets[layer]
        if not packets:
            self._live[layer] = False
        self._good[layer] = self._good[layer] + 1 if packets >= self._enough[layer] else 0
        if self._good[layer] >= self._revival[layer] and not self._is_fresh[layer]:
            self._live[layer] = True
