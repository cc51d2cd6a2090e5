"""`backmark serve`: Redis, sweeper, worker and web server on one machine, under one supervisor."""

import contextlib
import shlex
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from backmark.grader.errors import ServiceError
from backmark.grader.model.records import Scope
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.grader.support.cpus import count_cpus
from backmark.grader.support.diskspace import complain_if_full
from backmark.worker.serve.announce import Announcer
from backmark.worker.serve.data_dir import DataDirectory, write_private
from backmark.worker.serve.embedded import EmbeddedRedis, lasting_port
from backmark.worker.serve.listening import USUAL, Address, listen
from backmark.worker.serve.managed_process import ManagedProcess, last_lines
from backmark.worker.serve.supervisor import Say, Supervisor

#: Seconds that each part may take to end; the worker's are added to the grace of its submissions.
_WEB, _WORKER, _SWEEPER = 10.0, 15.0, 10.0
#: The course of the first token, which is an administrator's and may act in every course.
_COURSE = "course"
#: The variables of the service that commands beside it need as well.
_SHARED = (
    "BACKMARK_URL",
    "BACKMARK_TOKEN",
    "BACKMARK_REDIS_URL",
    "BACKMARK_SECRET",
    "BACKMARK_PUBLIC_URL",
    "BACKMARK_CALLBACK_NETWORKS",
    "BACKMARK_CALLBACK_HTTP",
)


@dataclass(slots=True)
class RedisPart:
    """The embedded Redis as a part, which ends last, and is never hurried."""

    server: EmbeddedRedis
    #: Called once, when the server answers and before any other part starts.
    prepare: Callable[[], None]
    name: str = "Redis"
    _prepared: bool = False

    def hindrance(self) -> str | None:
        """Return a sentence if the disk is full, else None."""
        return complain_if_full(self.server.folder)

    def start(self) -> None:
        """Start the server on its folder; the first time, prepare what other parts and commands need."""
        self.server.start()
        if not self._prepared:
            try:
                self.prepare()
            except BaseException:
                # A part that could not be started does not run.
                self.server.stop()
                raise
            self._prepared = True

    def status(self) -> int | None:
        """Return the exit status, or None while the server runs."""
        return self.server.status()

    def last_words(self) -> str:
        """Return the end of the log."""
        return last_lines(self.server.log)

    def stop(self, hurry: Callable[[], bool]) -> None:  # noqa: ARG002 - it ends quickly, and its data matters
        """Ask the server to end, and wait."""
        self.server.stop()


def serve(  # noqa: PLR0913 - the options of a command, each by its name
    data: Path,
    bind: Address | None,
    workers: int | None,
    environment: Mapping[str, str],
    say: Say,
    *,
    maxmemory: int,
) -> None:
    """Run the service on a data folder until a signal ends it. Raises ServiceError if it cannot run."""
    folder = DataDirectory(data)
    if (full := complain_if_full(folder.path)) is not None:
        raise ServiceError(full)
    with folder.lock():
        listener, address = listen(bind)
        with listener:
            port, password = lasting_port(), folder.secret("redis-password")
            redis = EmbeddedRedis(folder.redis, port, password, maxmemory=maxmemory)
            variables = {
                **environment,
                "BACKMARK_REDIS_URL": redis.url,
                "BACKMARK_REDIS_FOLDER": str(folder.redis),
                "BACKMARK_SECRET": environment.get("BACKMARK_SECRET") or folder.secret("secret"),
            }
            for name in ("BACKMARK_REDIS_CA", "BACKMARK_BROKER_URL"):
                variables.pop(name, None)
            settings = ServiceSettings.load(
                redis_url=redis.url,
                redis_ca=None,
                broker_url=None,
                secret=variables["BACKMARK_SECRET"],
                public_url=variables.get("BACKMARK_PUBLIC_URL") or None,
            )
            processes = workers or count_cpus()
            # Before the web server answers: who sees it ready finds token and service.
            redis_part = RedisPart(redis, lambda: _register(folder, address, settings, variables))
            supervisor = Supervisor([redis_part, *_processes(folder, listener, processes, settings, variables)], say)
            announcer = Announcer(folder, address, settings, say, first=not folder.token.exists())
            _warn(address, bind, say)
            at_a_time = f"{processes} submission{'s' * (processes > 1)} at a time"
            say(f"starting, with {at_a_time}; data and logs in {folder.path}")
            with _unregistering(folder):
                supervisor.run(announcer.look)
            say("stopped; accepted submissions are kept, and continue at the next start")


def _register(folder: DataDirectory, address: Address, settings: ServiceSettings, variables: Mapping[str, str]) -> None:
    """Make the first token if there is none, and write the file by which commands beside the service find it.

    Raises OlderStore if this version does not read the folder's store.
    """
    with contextlib.closing(Store.connect(settings)) as store:
        store.refuse_older()
        if not folder.token.exists():
            author = "The administrator"
            _, secret = store.tokens.create(author, _COURSE, frozenset({Scope.ADMIN}), author=author)
            write_private(folder.token, secret + "\n")
    token = folder.token.read_text(encoding="ascii").strip()
    shared = {**variables, "BACKMARK_URL": address.url, "BACKMARK_TOKEN": token}
    lines = (f"{name}={shlex.quote(shared[name])}\n" for name in _SHARED if shared.get(name))
    write_private(folder.environment, "".join(lines))


@contextlib.contextmanager
def _unregistering(folder: DataDirectory) -> Iterator[None]:
    """Remove the file of a service that has ended, by which nothing is found any more."""
    try:
        yield
    finally:
        folder.environment.unlink(missing_ok=True)


def _processes(
    folder: DataDirectory,
    listener: socket.socket,
    processes: int,
    settings: ServiceSettings,
    variables: Mapping[str, str],
) -> list[ManagedProcess]:
    """Return the parts that are our own commands, in the order of their start."""
    # -P: a folder `worker` in the current directory is not ours.
    command = (sys.executable, "-P", "-m", "backmark.worker.cli.main", "service")
    web = ManagedProcess(
        "web server",
        (*command, "web", "--bind", f"fd://{listener.fileno()}"),
        folder.logs / "web.log",
        variables,
        _WEB,
        listener,
    )
    worker = ManagedProcess(
        "worker",
        (*command, "worker", "--concurrency", str(processes)),
        folder.logs / "worker.log",
        variables,
        settings.grace_seconds + _WORKER,
    )
    sweeper = ManagedProcess("sweeper", (*command, "sweeper"), folder.logs / "sweeper.log", variables, _SWEEPER)
    return [sweeper, worker, web]


def _warn(address: Address, bind: Address | None, say: Say) -> None:
    if bind is None and address.port != USUAL.port:
        say(f"port {USUAL.port} is taken, so this service listens on {address.port}; use --bind to choose another")
    if address.everywhere:
        say("anyone who can reach this machine can reach the service, and nothing is encrypted:")
        say("see docs/operator/deployment.md")
