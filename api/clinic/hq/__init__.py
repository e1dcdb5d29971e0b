"""An HQ serves those who wait with other workspaces that have agreed to it.

No query ever sees two workspaces: what is read or done in another one is a transaction of that one
alone, which begins with looking at its own side of the agreement (`there.py`).
"""
