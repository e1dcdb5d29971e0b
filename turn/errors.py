"""What can go wrong in this folder."""


class TurnError(Exception):
    """Base of this folder's errors."""
