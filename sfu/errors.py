"""What can go wrong in the media plane."""


class SfuError(Exception):
    """Base of this folder's errors."""
