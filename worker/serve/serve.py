"""`backmark serve`: Redis, sweeper, worker and web server on one machine, under one supervisor."""

import os
import shlex
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.diskspace import complain_if_full
from grader.errors import ServiceError
from grader.settings.service import ServiceSettings
from worker.serve.datafolder import DataFolder, write_private
from worker.serve.embedded import EmbeddedRedis, lasting_port
from worker.serve.herald import Herald
from worker.serve.listening import USUAL, Address, listen
from worker.serve.program import Program, last_lines
from worker.serve.supervisor import Say, Supervisor

#: Seconds that each part may take to end. The worker's come on top of the grace that it gives its submissions.
_WEB, _WORKER, _SWEEPER = 10.0, 15.0, 10.0


@dataclass(frozen=True, slots=True)
class Redis:
    """The embedded Redis as a part; it is the last to end, and never in a hurry."""

    server: EmbeddedRedis
    name: str = "Redis"

    def hindrance(self) -> str | None:
        """Return a sentence if its disk is full, else None."""
        return complain_if_full(self.server.folder)

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


def serve(  # noqa: PLR0913 - the options of a command, each by its name
    data: Path,
    bind: Address | None,
    workers: int | None,
    environment: Mapping[str, str],
    say: Say,
    *,
    maxmemory: int,
) -> None:
    """Run the service on a data folder until a signal ends it; ServiceError where it cannot be run."""
    folder = DataFolder(data)
    if (full := complain_if_full(folder.path)) is not None:
        raise ServiceError(full)
    with folder.held():
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
            variables.pop("BACKMARK_REDIS_CA", None)
            settings = ServiceSettings.load(redis_url=redis.url, redis_ca=None, secret=variables["BACKMARK_SECRET"])
            _keep_environment(folder, variables)
            processes = workers or _cores()
            supervisor = Supervisor([Redis(redis), *_programs(folder, listener, processes, settings, variables)], say)
            herald = Herald(folder, address, settings, say)
            _warn(address, bind, say)
            say(f"starting, to grade {processes} at a time; data and logs in {folder.path}")
            supervisor.run(herald.look)
            say("stopped; what was accepted is kept, and goes on with the next start")


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
    command = (sys.executable, "-P", "-m", "worker.cli.main")
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
    if bind is None and address.port != USUAL.port:
        say(f"port {USUAL.port} is taken, so this one listens on {address.port}; --bind names another")
    if address.everywhere:
        say("everybody who reaches this machine reaches the service, and nothing is encrypted: see docs/deployment.md")


def _cores() -> int:
    """The processors that we may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
