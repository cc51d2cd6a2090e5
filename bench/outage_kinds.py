"""The outages that can happen to a running `backmark serve`."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from backmark.worker.serve.embedded import find_server
from bench.stack import run_part
from bench.waiting import wait_until
from tests.service.parts import Part

#: Bytes of the disk that is filled.
_DISK = 64 << 20
#: Seconds within which the service is ready for the first time.
_START = 90.0
_LIBRARIES = ("usr/lib/*/faketime/libfaketimeMT.so.1", "usr/lib*/faketime/libfaketimeMT.so.1")
_LIMITS = {"BACKMARK_SUBMIT_RATE": "100000/minute", "BACKMARK_READ_RATE": "100000/minute"}


class Unavailable(Exception):
    """This machine cannot make such an outage."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A running `backmark serve` and its data folder."""

    data: Path
    part: Part

    @property
    def has_ended(self) -> bool:
        """True if the service runs no more."""
        return self.part.process.poll() is not None

    @property
    def token(self) -> str:
        """The token of its staff."""
        return (self.data / "token").read_text(encoding="ascii").strip()

    def wait_for_url(self) -> str:
        """Return the address, once the service is ready."""
        wait_until(lambda: "ready at " in self._read_log() or self.has_ended, "the service is ready", _START)
        log = self._read_log()
        if "ready at " not in log:
            raise RuntimeError(log)
        return log.partition("ready at ")[2].split()[0]

    def connect_redis(self) -> "redis.Redis":
        """Return a client of its Redis."""
        lines = (self.data / "environment").read_text(encoding="utf-8").splitlines()
        (url,) = (line.partition("=")[2].strip("'") for line in lines if line.startswith("BACKMARK_REDIS_URL="))
        return redis.Redis.from_url(url)

    def _read_log(self) -> str:
        return self.part.log.read_text(encoding="utf-8", errors="replace")


Outage = Callable[[Serving], AbstractContextManager[None]]


@contextmanager
def exhaust_memory(serving: Serving) -> Iterator[None]:
    """Allow Redis less memory than it uses."""
    client = serving.connect_redis()
    before: Any = client.config_get("maxmemory")
    client.config_set("maxmemory", "1")
    try:
        yield
    finally:
        client.config_set("maxmemory", before["maxmemory"])


@contextmanager
def fill_disk(serving: Serving) -> Iterator[None]:
    """Fill the disk of the data folder to the last byte."""
    filler = serving.data.parent / "filler"
    with filler.open("wb", buffering=0) as stream, suppress(OSError):
        while stream.write(b"\0" * 4096):
            pass
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def pause_redis(serving: Serving) -> Iterator[None]:
    """Stop Redis by a signal, so that it does not answer."""
    information: Any = serving.connect_redis().info("server")
    pid = int(information["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def move_clock(offset: str) -> Outage:
    """Return the outage in which Redis's clock is so many seconds off."""

    @contextmanager
    def move(serving: Serving) -> Iterator[None]:
        clock = _clock_file(serving.data.parent)
        clock.write_text(f"{offset}\n", encoding="ascii")
        try:
            yield
        finally:
            clock.write_text("+0\n", encoding="ascii")

    return move


#: The outages, each with the reason that `/readyz` must give while it lasts; None if the service works on.
OUTAGES: dict[str, tuple[Outage, str | None]] = {
    "memory": (exhaust_memory, "no space left in Redis's memory"),
    "disk": (fill_disk, "no space left on the disk"),
    "paused": (pause_redis, "Redis does not answer"),
    "clock-back": (move_clock("-3600"), None),
    "clock-forward": (move_clock("+3600"), None),
}


@contextmanager
def serve_for(outage: str) -> Iterator[Serving]:
    """Run a service on which the outage can be made. Raises Unavailable if this machine cannot make it."""
    with tempfile.TemporaryDirectory() as scratch, _make_place(Path(scratch), outage) as folder:
        variables = {"PYTHONUNBUFFERED": "1", **_LIMITS}
        if outage.startswith("clock"):
            variables["PATH"] = f"{_make_movable_server(folder)}:{os.environ['PATH']}"
        # The log is not on the disk that is filled.
        log = Path(tempfile.mkstemp(prefix="backmark-outage-")[1])
        words = ["serve", "--data", str(folder / "data"), "--bind", "127.0.0.1:0", "--workers", "2"]
        try:
            with run_part(words, variables, log) as part:
                yield Serving(folder / "data", part)
        finally:
            log.unlink()


@contextmanager
def _make_place(scratch: Path, outage: str) -> Iterator[Path]:
    """Yield a folder for the service: on a small disk of its own if that is to be filled."""
    if outage != "disk":
        yield scratch
        return
    folder = scratch / "disk"
    folder.mkdir()
    mount = [_find_program("mount"), "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        raise Unavailable("a small disk can only be mounted by root, and not everywhere")
    try:
        yield folder
    finally:
        subprocess.run([_find_program("umount"), "--lazy", str(folder)], check=True)


def _find_program(name: str) -> str:
    return shutil.which(name) or name


def _clock_file(folder: Path) -> Path:
    """Return the file that moves the clock of the Redis in a folder."""
    return folder / "clock"


def _make_movable_server(folder: Path) -> Path:
    """Write a Redis server whose clock can be moved; return the folder to put on PATH."""
    libraries = [library for pattern in _LIBRARIES for library in Path("/").glob(pattern)]
    server = find_server()
    if not libraries or server is None:
        raise Unavailable("Redis's clock is moved by libfaketime: install the package faketime")
    programs, clock = folder / "bin", _clock_file(folder)
    programs.mkdir()
    clock.write_text("+0\n", encoding="ascii")
    script = programs / "redis-server"
    script.write_text(
        "#!/bin/sh\n"
        f"export LD_PRELOAD={libraries[0]} FAKETIME_TIMESTAMP_FILE={clock}\n"
        "export FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_CACHE_DURATION=1\n"
        f'exec {server} "$@"\n',
        encoding="ascii",
    )
    script.chmod(0o755)
    return programs
