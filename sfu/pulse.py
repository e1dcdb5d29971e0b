"""Whether a media process is still alive, by its signs of life: one in each WATCH seconds.

Looks are counted, not seconds: when the one who looks was held up itself, the signs of life still
wait to be read.
"""

WATCH = 0.2  # seconds between two looks
SILENT = 4  # looks without a sign before the one that gives it up: dead within a second
STARVED = 0.1  # what a look counts when the process wanted to run, but other programs did


class Pulse:
    def __init__(self) -> None:
        self._silent = 0.0
        self._waited = 0.0

    def beat(self) -> None:
        """It said something."""
        self._silent = 0.0

    def look(self, waited: float) -> bool:
        """False: it hangs. `waited`: seconds since its start that it was ready to run but did not.

        A machine that is busy with something else is no reason to interrupt everybody's call.
        """
        is_starved = waited - self._waited > WATCH / 2
        self._waited = waited
        self._silent += STARVED if is_starved else 1.0
        return self._silent <= SILENT
