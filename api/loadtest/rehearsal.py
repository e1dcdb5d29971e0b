"""`python -m api.loadtest.rehearsal`: compile the load test's loops before anybody needs them."""

import logging

from api.loadtest.clips import Library
from api.loadtest.traffic import Traffic
from turn.aio.probe import probe


def rehearse() -> None:
    """Once for a version of the program; some seconds."""
    calls, _ = probe()
    Traffic(Library(), calls, links=1, sent=1, got=1, sample=1).close()


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    rehearse()
