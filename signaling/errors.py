"""What can go wrong in signaling."""


class SignalingError(Exception):
    """Base of this folder's errors."""
