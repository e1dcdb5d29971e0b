"""How busy this machine is. What a server's processes cost: `api.loadtest.processes`."""

from api.loadtest.processes import PROC, TICK


def busy() -> tuple[float, float]:
    """Seconds that this machine's processors have worked, and all their seconds, so far."""
    first = (PROC / "stat").read_text().split("\n")[0]
    fields = [int(field) * TICK for field in first.split()[1:9]]
    idle = fields[3] + fields[4]  # idle, waiting for a disk
    return sum(fields) - idle, sum(fields)
