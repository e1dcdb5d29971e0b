"""A PostgreSQL of the tests' own: started once, a database for each test."""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

OWNER, APP = "housecall_owner", "housecall_app"
QUIETLY = ("-qAtX", "-v", "ON_ERROR_STOP=1")
DONE = "done"
OPTIONS = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=60"
ROLES = f"""
CREATE ROLE {OWNER} LOGIN CREATEDB;
CREATE ROLE {APP} LOGIN;
"""


def binaries() -> Path:
    """Debian keeps them out of the path, a folder for each version."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    assert versions, "PostgreSQL is missing: apt-get install postgresql"
    return versions[-1]


def unprivileged() -> list[str]:
    """What makes a command run as somebody whom PostgreSQL serves: it refuses root."""
    if os.getuid() != 0:
        return []
    if "4294967295" in Path("/proc/self/uid_map").read_text():
        return ["runuser", "-u", "postgres", "--"]
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]


@dataclass
class Postgres:
    """A running server, reached by a socket in its folder."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _shell: "subprocess.Popen[str] | None" = None  # for `create` and `drop`, until the server stops

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host={self.folder}"

    def sql(self, *statements: str, database: str = "postgres") -> str:
        """As the superuser."""
        words = [word for statement in statements for word in ("-c", statement)]
        return self._run("psql", *QUIETLY, "-d", database, *words)

    def create(self, template: str = "template0") -> str:
        """A new database, of which only OWNER may make tables."""
        name = f"test_{next(self._numbers)}"
        self._tell(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template} STRATEGY file_copy")
        return name

    def drop(self, name: str) -> None:
        self._tell(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        if self._shell is not None:
            self._shell.communicate()
            self._shell = None
        self._run("pg_ctl", "stop", "-D", str(self.folder / "data"), "-m", "fast", "-w")

    def start(self) -> None:
        options = f"{OPTIONS} -c listen_addresses='' -k {self.folder}"
        log = str(self.folder / "log")
        data = str(self.folder / "data")
        self._run("pg_ctl", "start", "-D", data, "-l", log, "-o", options, "-w")

    def _tell(self, statement: str) -> None:
        """As `sql`, by one process for all: thousands of tests have a database each."""
        if self._shell is None:
            self._shell = subprocess.Popen(
                [*self._command("psql"), *QUIETLY, "-d", "postgres"],
                env=self._environment(), cwd="/", text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
        shell = self._shell
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdin.write(f"{statement};\n\\echo {DONE}\n")
        shell.stdin.flush()
        said = shell.stdout.readline()
        assert said == f"{DONE}\n", f"{statement}: {said}{shell.communicate()[0]}"

    def _command(self, program: str) -> list[str]:
        return [*unprivileged(), str(binaries() / program)]

    def _environment(self) -> dict[str, str]:
        places = {"PGHOST": str(self.folder), "PGUSER": "postgres", "LC_ALL": "C.UTF-8"}
        return {**os.environ, **places}

    def _run(self, program: str, *arguments: str) -> str:
        command = [*self._command(program), *arguments]
        done = subprocess.run(
            command, env=self._environment(), cwd="/", stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE if program == "psql" else subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "psql" else None,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return (done.stdout or "").strip()


@contextmanager
def running() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="housecall-pg-") as name:
        folder = Path(name)
        server = Postgres(folder)
        if unprivileged()[:1] == ["runuser"]:
            entry = pwd.getpwnam("postgres")
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        data = str(folder / "data")
        server._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
        server.start()
        try:
            server.sql(ROLES)
            yield server
        finally:
            server.stop()
