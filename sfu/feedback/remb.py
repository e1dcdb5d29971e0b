"""What a publisher may send, for REMB: the fallback where transport-cc was not negotiated.

A publisher that hears nothing of its bandwidth starts its upper layers late or never; with 3 Mbit/s
each second all three came within 2 s (measured with Chromium at 720p).
"""

START, LOWEST, HIGHEST = 3e6, 100e3, 8e6  # bits per second
INTERVAL = 1.0  # seconds between two reports
LITTLE_LOSS, MUCH_LOSS = 0.02, 0.10  # as in draft-ietf-rmcat-gcc-02, section 6
GROWTH = 1.08  # for each interval without loss
HEADROOM = 1.5  # how far above the measured rate the value may grow


class ReceiveEstimate:
    """What one publisher may send, from what arrives and what is lost on the way."""

    def __init__(self) -> None:
        self.bitrate = START  # bits per second

    def update(self, received: float, loss: float) -> float:
        """Once each INTERVAL: the measured rate in bits per second, the lost share 0..1.

        Loss above a tenth takes half of its share off; below a fiftieth the value grows, but not
        far from what is really sent: an estimate that nobody has tried says nothing.
        """
        if loss > MUCH_LOSS:
            self.bitrate *= 1 - loss / 2
        elif loss < LITTLE_LOSS:
            limit = max(received * HEADROOM, START)
            self.bitrate = max(self.bitrate, min(self.bitrate * GROWTH, limit))
        self.bitrate = min(max(self.bitrate, LOWEST), HIGHEST)
        return self.bitrate
