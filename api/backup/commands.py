"""`housecall backup` and `housecall restore`."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option, Typer

from api import options as o
from api.backup.errors import BackupError
from api.datafolder import read_private
from api.settings import Settings

VARIABLE = "HOUSECALL_BACKUP_PASSPHRASE"

Target = Annotated[Path, Argument(help="A file, or a folder in which it gets a name of its own.")]
Source = Annotated[Path, Argument(help="The file of a backup.", exists=True, dir_okay=False)]
PassphraseFile = Annotated[
    Path | None,
    Option(help=f"Encrypt with what is in this file, closed to others. [{VARIABLE}]"),
]
Keep = Annotated[int | None, Option(min=1, help="Of those in the folder keep the newest so many.")]
Replace = Annotated[bool, Option("--replace", help="Put aside what is in the data folder.")]
DespiteDamage = Annotated[
    bool, Option("--despite-damage", help="Though the audit log in it is not whole.")
]


def register(
    app: Typer, read: Callable[[dict[str, Any], Path | None], Settings], say: Callable[[str], None]
) -> None:
    @app.command("backup")
    def backup(
        file: Target, keep: Keep = None, passphrase_file: PassphraseFile = None,
        config: o.Config = None, data: o.Data = None,
    ) -> None:  # fmt: skip
        """Copy all that the server keeps into one file, while it runs."""
        from api.backup.making import Wanted, make

        wanted = Wanted(file, passphrase(passphrase_file), keep)
        for line in make(read({"data": data}, config), wanted, datetime.now(UTC)):
            say(line)

    @app.command("restore")
    def restore(
        file: Source, replace: Replace = False, despite_damage: DespiteDamage = False,
        passphrase_file: PassphraseFile = None, config: o.Config = None, data: o.Data = None,
    ) -> None:  # fmt: skip
        """Put back what a backup holds, while no server runs."""
        from api.backup.restoring import Wanted, restore

        wanted = Wanted(file, passphrase(passphrase_file), replace, despite_damage)
        for line in restore(read({"data": data}, config), wanted, datetime.now(UTC)):
            say(line)


def passphrase(file: Path | None) -> str | None:
    """Raises BackupError, DataFolderError."""
    if file is None:
        return os.environ.get(VARIABLE) or None
    if not (text := read_private(file).strip()):
        raise BackupError(f"{file} has no passphrase")
    return text
