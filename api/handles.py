"""As many open connections as the system lets us have.

Systems give 1024 file handles to whoever does not ask (`ulimit -n`): strangers could use them up
with connections that live ten seconds each.
"""

import resource

ENOUGH = 65_536


def raise_limit() -> int:
    """Ask for what the hard limit allows; returns what there is. Children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    wanted = ENOUGH if hard == unlimited else min(hard, ENOUGH)
    if soft != unlimited and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft
