"""The folder that holds all we store: keys and certificates now, readable by their owner alone."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

IN_USE = ".in-use"  # locked by whoever works with the folder
UNFINISHED = "restore-unfinished"  # what is there is of two states
FILES = "files"  # folder of patients' files
ASIDE = "before-restore-"  # beginning of the names of folders with what was there before


class DataFolderError(Exception):
    """The folder cannot be used."""


class DataFolder:
    def __init__(self, path: Path) -> None:
        """Raises `DataFolderError`."""
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise DataFolderError(f"the data folder {path} cannot be made: {error}") from None

    @contextmanager
    def held(self, *, alone: bool = False) -> Iterator[None]:
        """Servers hold it together, who changes all of it holds it `alone`. The system lets go of
        it when the process ends, however it does. Raises `DataFolderError`."""
        try:
            lock = os.open(self.path / IN_USE, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise DataFolderError(f"{self.path} cannot be used: {error.strerror}") from None
        try:
            self._lock(lock, alone=alone)
            yield
        finally:
            os.close(lock)

    def _lock(self, lock: int, *, alone: bool) -> None:
        try:
            fcntl.flock(lock, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            who = "a server is running with it" if alone else "it is being restored"
            raise DataFolderError(f"{self.path} is in use: {who}") from None
        if not alone and (self.path / UNFINISHED).exists():
            raise DataFolderError(
                f"in {self.path} a restore was interrupted: run `housecall restore` with --replace "
                "again"
            )

    def write(self, name: str, content: bytes) -> Path:
        """Replace a file as a whole, for its owner alone (mode 0600). Raises `DataFolderError`."""
        target = self.path / name
        scratch = target.with_name(f".{name}.{os.getpid()}")
        try:
            scratch.unlink(missing_ok=True)
            with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(target)
        except OSError as error:
            raise DataFolderError(f"{target} cannot be written: {error}") from None
        return target

    def read(self, name: str) -> bytes | None:
        """None when there is no such file. Raises `DataFolderError`."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataFolderError(f"{self.path / name} cannot be read: {error}") from None

    def server_name(self) -> str:
        """Of this server among those that share a database, made once."""
        if (name := self.read("server")) is None:
            name = f"server-{secrets.token_hex(3)}".encode()
            self.write("server", name)
        return name.decode(errors="replace").strip()

    def link_key(self) -> bytes:
        """The key behind all room links, made once."""
        if (key := self.read("link.key")) is None:
            key = secrets.token_bytes(32)
            self.write("link.key", key)
        return key

    def api_keys(self) -> dict[str, str]:
        """One random API key and its secret, made once, in the form of LiveKit's `key_file`."""
        if (text := self.read("keys.yaml")) is None:
            text = yaml.safe_dump(dict([new_pair()])).encode()
            self.write("keys.yaml", text)
        return parse_keys(text.decode(), str(self.path / "keys.yaml"))

    def secret_keys(self, make: Callable[[], str]) -> dict[str, str]:
        """The keys of secrets at rest by name, the first one made once by `make`."""
        if (text := self.read("secrets.yaml")) is None:
            text = yaml.safe_dump({"first": make()}).encode()
            self.write("secrets.yaml", text)
        return parse_keys(text.decode(), str(self.path / "secrets.yaml"))


def new_pair() -> tuple[str, str]:
    """An API key and its secret."""
    return f"API{secrets.token_hex(6)}", secrets.token_urlsafe(32)


def read_key_file(path: Path) -> dict[str, str]:
    """Raises `DataFolderError`, also when others may read it, as LiveKit does."""
    return parse_keys(read_private(path), str(path))


def read_private(path: Path) -> str:
    """Raises `DataFolderError`, also when others may read it."""
    try:
        if path.stat().st_mode & 0o007:
            raise DataFolderError(f"{path} is open to others: chmod o= {path}")
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise DataFolderError(f"{path} cannot be read: {error}") from None


def add_pair(path: Path, key: str, secret: str) -> None:
    """To a key file, which is made for its owner alone if there is none."""
    if path.exists():
        read_key_file(path)  # not into a file that is something else
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
            file.write(f"{key}: {secret}\n")
    except OSError as error:
        raise DataFolderError(f"{path} cannot be written: {error}") from None


def parse_keys(text: str, origin: str) -> dict[str, str]:
    """`key: secret` lines. Raises `DataFolderError`."""
    try:
        keys = yaml.load(text, yaml.BaseLoader)  # nothing but text: a secret may be "0123"
    except yaml.YAMLError as error:
        raise DataFolderError(f"{origin} is not YAML: {error}") from None
    if not isinstance(keys, dict) or not keys or not all(isinstance(v, str) for v in keys.values()):
        raise DataFolderError(f'{origin} must hold lines of "key: secret"')
    return keys


def sync(folder: Path) -> None:
    """What was renamed in it survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
