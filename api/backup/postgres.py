"""PostgreSQL's own programs for a copy of a database: `pg_dump` and `pg_restore`."""

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy.engine import URL

from api.backup.errors import BackupError

SAME = {"host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey"}  # parameters of both


def dump(url: URL, path: Path) -> None:
    """All rows of all workspaces, in the format of `pg_restore`. Raises BackupError."""
    # Unlike most programs this one asks that no policy hides a row from it.
    run("pg_dump", url, "--format=custom", "--compress=0", f"--file={path}")


def restore(url: URL, path: Path) -> None:
    """Into a database without tables, all or nothing. Raises BackupError."""
    run(
        "pg_restore", url, "--no-owner", "--exit-on-error", "--single-transaction", str(path),
        option="--dbname",
    )  # fmt: skip


def run(program: str, url: URL, *arguments: str, option: str = "--dbname") -> None:
    found = shutil.which(program)
    if found is None:
        raise BackupError(
            f"{program} is missing: install PostgreSQL's client programs (postgresql-client), of "
            "the server's version or a later one"
        )
    # The password by the environment: the command line is read by everybody on the machine.
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    if url.password is not None:
        environment["PGPASSWORD"] = str(url.password)
    done = subprocess.run(
        [found, "--no-password", option, address(url), *arguments],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    if done.returncode != 0:
        # Its first line says what went wrong; those after it may hold what was in a row.
        why = next(iter(done.stderr.splitlines()), f"it ended with {done.returncode}")
        raise BackupError(f"{why}{advice(why)}")


def address(url: URL) -> str:
    """As libpq reads it, without the password."""
    query = {name: value for name, value in url.query.items() if name in SAME}
    if "ssl" in url.query:  # asyncpg's name
        query["sslmode"] = url.query["ssl"]
    plain = URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, query
    )  # fmt: skip
    return plain.render_as_string(hide_password=False)


def advice(why: str) -> str:
    if "row-level security" in why or "permission denied" in why:
        return (
            ": clinic.database_backup must name a role that reads all rows (BYPASSRLS, and a "
            "member of pg_read_all_data)"
        )
    if "role" in why and "does not exist" in why:
        return ": make the roles of the other machine first, by the same names"
    return ""
