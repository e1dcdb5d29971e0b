"""What can go wrong with backups."""


class BackupError(Exception):
    """No backup was made, or nothing was restored; the message says why and what to do."""
