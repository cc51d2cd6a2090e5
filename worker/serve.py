"""`backmark serve`: Redis, sweeper, worker and web server on one machine, under one supervisor."""

import os
import shlex
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr, ValidationError

from grader.errors import ServiceError
from grader.settings.service import ServiceSettings
from grader.store.records import Scope
from grader.store.store import Store
from worker.datafolder import DataFolder, write_private
from worker.embedded import EmbeddedRedis, lasting_port
from worker.listening import Address, listen
from worker.program import Program, last_lines
from worker.readiness import missing
from worker.supervisor import Say, Supervisor

#: The course that the first token belongs to; being an administrator's, it may act in every other.
COURSE = "course"
#: Seconds between two questions whether all is ready, and before it is said that it is not.
_ASK, _LATE = 0.3, 15.0
#: Seconds that each part may take to end. The worker's come on top of the grace that it gives its submissions.
_WEB, _WORKER, _SWEEPER = 10.0, 15.0, 10.0


@dataclass(frozen=True, slots=True)
class Redis:
    """The embedded Redis as a part; it is the last to end, and never in a hurry."""

    server: EmbeddedRedis
    name: str = "Redis"

    def start(self) -> None:
        """Start it on its folder."""
        self.server.start()

    def status(self) -> int | None:
        """Its exit status once it has ended; None while it runs."""
        return self.server.status()

    def last_words(self) -> str:
        """The end of its log."""
        return last_lines(self.server.log)

    def stop(self, hurry: Callable[[], bool]) -> None:  # noqa: ARG002 - it is quick, and what it holds is dear
        """Ask it to end, and wait."""
        self.server.stop()


@dataclass(slots=True)
class Herald:
    """Says that the service is ready, once, or what it still waits for."""

    folder: DataFolder
    address: Address
    settings: ServiceSettings
    say: Say
    _said: dict[str, str] = field(default_factory=dict)
    _ready: bool = False
    _began: float = field(default_factory=time.monotonic)
    _next: float = 0.0

    def look(self) -> None:
        """Ask whether all is ready, unless that was said already."""
        now = time.monotonic()
        if self._ready or now < self._next:
            return
        self._next = now + _ASK
        reasons = missing(self.address.url)
        if reasons == {}:
            self._ready = True
            self._announce()
        elif reasons and reasons != self._said and (now - self._began > _LATE or _unjailed(reasons)):
            self._said = reasons
            self._complain(reasons)

    def _announce(self) -> None:
        first = not self.folder.token.exists()
        if first:
            self._make_token()
        where = shlex.quote(str(self.folder.token))
        self.say(f"ready at {self.address.url} (to read: {self.address.url}/api/v1/docs). Ctrl-C stops it.")
        if first:
            self.say(f"your first token, an administrator's, kept in {where}:")
            self.say(f"    {self.folder.token.read_text(encoding='ascii').strip()}")
        self.say("to use it from another terminal:")
        self.say(f"    export BACKMARK_URL={self.address.url} BACKMARK_TOKEN=$(cat {where})")

    def _make_token(self) -> None:
        store = Store.connect(self.settings)
        _, secret = store.tokens.create("backmark serve", COURSE, frozenset({Scope.ADMIN}))
        write_private(self.folder.token, secret + "\n")

    def _complain(self, reasons: Mapping[str, str]) -> None:
        parts = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        self.say(f"not ready yet: {parts}")
        if _unjailed(reasons):
            self.say(f"what is handed in at {self.address.url} waits for a jail: `backmark doctor` says what to do")


def serve(data: Path, bind: Address | None, workers: int | None, environment: Mapping[str, str], say: Say) -> None:
    """Run the service on a data folder until a signal ends it; ServiceError where it cannot be run."""
    folder = DataFolder(data)
    with folder.held():
        listener, address = listen(bind)
        with listener:
            port, password = lasting_port(), folder.secret("redis-password")
            redis = EmbeddedRedis(folder.redis, port, password, tether=True)
            variables = {
                **environment,
                "BACKMARK_REDIS_URL": redis.url,
                "BACKMARK_SECRET": environment.get("BACKMARK_SECRET") or folder.secret("secret"),
            }
            variables.pop("BACKMARK_REDIS_CA", None)
            settings = _settings(redis.url, variables["BACKMARK_SECRET"])
            _keep_environment(folder, variables)
            processes = workers or _cores()
            supervisor = Supervisor([Redis(redis), *_programs(folder, listener, processes, settings, variables)], say)
            herald = Herald(folder, address, settings, say)
            _warn(address, bind, say)
            say(f"starting with {processes} worker processes; data and logs in {folder.path}")
            supervisor.run(herald.look)
            say("stopped; what was accepted is kept, and goes on with the next start")


def _settings(redis_url: str, secret: str) -> ServiceSettings:
    try:
        return ServiceSettings(redis_url=SecretStr(redis_url), redis_ca=None, secret=SecretStr(secret))
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(map(str, first["loc"][:1])).upper()
        raise ServiceError(f"BACKMARK_{name}: {first['msg']}") from error


def _keep_environment(folder: DataFolder, variables: Mapping[str, str]) -> None:
    """For commands beside the service: `set -a; . environment` in a shell, and they find its Redis."""
    names = ("BACKMARK_REDIS_URL", "BACKMARK_SECRET")
    write_private(folder.environment, "".join(f"{name}={shlex.quote(variables[name])}\n" for name in names))


def _programs(
    folder: DataFolder,
    listener: socket.socket,
    processes: int,
    settings: ServiceSettings,
    variables: Mapping[str, str],
) -> list[Program]:
    """The parts that are commands of ours, in the order in which they start."""
    # -P: a folder `worker` where somebody stands is not ours.
    command = (sys.executable, "-P", "-m", "worker.cli")
    web = Program(
        "web server",
        (*command, "web", "--bind", f"fd://{listener.fileno()}"),
        folder.logs / "web.log",
        variables,
        _WEB,
        listener,
    )
    worker = Program(
        "worker",
        (*command, "worker", "--concurrency", str(processes)),
        folder.logs / "worker.log",
        variables,
        settings.grace_seconds + _WORKER,
    )
    sweeper = Program("sweeper", (*command, "sweeper"), folder.logs / "sweeper.log", variables, _SWEEPER)
    return [sweeper, worker, web]


def _warn(address: Address, bind: Address | None, say: Say) -> None:
    if bind is None and address.port != 8000:
        say(f"port 8000 is taken, so this one listens on {address.port}; --bind names another")
    if address.everywhere:
        say("everybody who reaches this machine reaches the service, and nothing is encrypted: see docs/deployment.md")


def _cores() -> int:
    """The processors that we may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _unjailed(reasons: Mapping[str, str]) -> bool:
    """Whether what is missing is a jail."""
    return "cannot isolate" in reasons.get("workers", "")
