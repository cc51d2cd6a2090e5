"""Where a service on one machine keeps everything: Redis, secrets, logs. Nobody but its owner may look in."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from grader.errors import ServiceError

_LOCK = "serve.lock"
#: All that a service keeps in its folder.
_OURS = frozenset({_LOCK, "redis", "logs", "secret", "redis-password", "token", "environment"})


class DataFolder:
    """A folder of one service's own, while `held`."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.redis = self.path / "redis"
        self.logs = self.path / "logs"
        #: The secret of an administrator's token, for the command line of whoever runs the service.
        self.token = self.path / "token"
        #: What another process needs to know to be part of this service, as variables of its environment.
        self.environment = self.path / "environment"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder where there is none, and keep others from running a service on it; ServiceError else."""
        self._make()
        with (self.path / _LOCK).open("a+b") as stream:
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

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            theirs = self.path.stat()
            strange = not (self.path / _LOCK).exists() and not self._restored() and any(self.path.iterdir())
        except OSError as error:
            raise ServiceError(f"{self.path} cannot be the data folder: {error.strerror}") from error
        if theirs.st_uid != os.geteuid():
            raise ServiceError(f"{self.path} belongs to another user; name a folder of your own with --data")
        if strange:
            # Closing it to others, which secrets need, could be the end of something else.
            raise ServiceError(f"{self.path} holds other things; name a folder for Backmark alone with --data")
        self.path.chmod(0o700)
        self.logs.mkdir(exist_ok=True, mode=0o700)

    def _restored(self) -> bool:
        """Return whether it holds a service's Redis and nothing else: a backup need not have the empty lock."""
        return (self.redis / "appendonlydir").is_dir() and _OURS.issuperset(each.name for each in self.path.iterdir())

    def secret(self, name: str) -> str:
        """Return the secret of that name: 256 random bits, made the first time and the same ever after."""
        path = self.path / name
        with contextlib.suppress(FileNotFoundError):
            return path.read_text(encoding="ascii").strip()
        made = secrets.token_hex(32)
        write_private(path, made + "\n")
        return made


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads: whole, or not at all."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(0o600, exist_ok=False)
    with draft.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
