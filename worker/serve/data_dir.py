"""The data folder of a service on one machine: Redis, secrets and logs, readable only by its owner."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from backmark.grader.errors import ServiceError
from backmark.grader.settings import machine

#: Everything that a service keeps in its folder.
_OURS = frozenset({machine.SERVICE_LOCK, machine.SERVICE_FILE, "redis", "logs", "secret", "redis-password", "token"})


class DataDirectory:
    """The data folder of one service, which `lock` keeps others from using."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.redis = self.path / "redis"
        self.logs = self.path / "logs"
        #: The secret of an administrator's token, for the command line of the person who runs the service.
        self.token = self.path / "token"
        #: Environment variables that make another process part of this service; there while it runs.
        self.environment = self.path / machine.SERVICE_FILE

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Create the folder if needed, and lock it within this block. Raises ServiceError if another service has it."""
        self._create()
        with (self.path / machine.SERVICE_LOCK).open("a+b") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                stream.seek(0)
                whose = stream.read(32).decode("ascii", "replace").strip()
                raise ServiceError(
                    f"{self.path} is in use by another `backmark serve`, process {whose}; "
                    "stop that one, or name another folder with --data"
                ) from error
            stream.truncate(0)
            stream.write(b"%d\n" % os.getpid())
            stream.flush()
            yield

    def _create(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            theirs = self.path.stat()
            strange = (
                not (self.path / machine.SERVICE_LOCK).exists()
                and not self._is_restored_backup()
                and any(self.path.iterdir())
            )
        except OSError as error:
            raise ServiceError(f"{self.path} cannot be the data folder: {error.strerror}") from error
        if theirs.st_uid != os.geteuid():
            raise ServiceError(f"{self.path} belongs to another user; name a folder of your own with --data")
        if strange:
            # Secrets need a folder closed to others, which could break whatever uses this one.
            raise ServiceError(f"{self.path} holds other things; name a folder for Backmark alone with --data")
        self.path.chmod(0o700)
        self.logs.mkdir(exist_ok=True, mode=0o700)

    def _is_restored_backup(self) -> bool:
        """Return True if the folder is a restored backup: a service's Redis, perhaps without the empty lock file."""
        return (self.redis / "appendonlydir").is_dir() and _OURS.issuperset(entry.name for entry in self.path.iterdir())

    def secret(self, name: str) -> str:
        """Return the secret with this name: 256 random bits, created the first time and the same ever after."""
        path = self.path / name
        with contextlib.suppress(FileNotFoundError):
            return path.read_text(encoding="ascii").strip()
        new_secret = secrets.token_hex(32)
        write_private(path, new_secret + "\n")
        return new_secret


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, completely or not at all."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(0o600, exist_ok=False)
    with draft.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
