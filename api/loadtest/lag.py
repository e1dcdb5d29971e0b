"""How late the load test itself is: what it measures of a server would be its own delay."""

import numpy as np


class Lag:
    """Of something that is due every `period` seconds."""

    def __init__(self, period: float) -> None:
        self._period = period
        self._late: list[float] = []

    def note(self, late: float) -> None:
        """By so many seconds. What was due meanwhile was late as well."""
        self._late.append(late)
        while late > self._period:
            late -= self._period
            self._late.append(late)

    def quantile(self, share: float) -> float:
        return float(np.quantile(self._late, share)) if self._late else 0.0
