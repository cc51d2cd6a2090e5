"""A worker: one process that takes messages, and children that do the work."""

import logging
import os
import signal
import warnings
from collections.abc import Callable
from typing import Any

from celery import Celery, signals
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

from grader.dispatch import CeleryDispatcher, application
from grader.settings.service import ServiceSettings
from grader.store.records import Job, Kind
from grader.store.store import Store
from worker.sandbox import policy
from worker.sandbox.policy import Launch
from worker.service import tasks
from worker.service.context import Context
from worker.service.fitness import RETRY_SECONDS, Fitness
from worker.service.graders import Graders
from worker.service.jails import Jails
from worker.service.presence import EVERY, Presence
from worker.service.stop import Stop

_log = logging.getLogger(__name__)

#: A child that died is missed within so many seconds. Celery looks at once, when it is often not quite dead, and then
#: only five seconds later.
_REPLACE_SECONDS = 0.25


def run(settings: ServiceSettings, concurrency: int | None, bwrap: str | None) -> int:
    """Work until SIGTERM or SIGINT; the exit status. Takes no work while this machine cannot isolate."""
    count = concurrency or len(os.sched_getaffinity(0))
    stop, fitness = Stop(), Fitness(bwrap)
    presence = Presence(Store.connect(settings), "worker", count)
    try:
        if not _fit(fitness, stop, presence):
            return 0
        return _consume(settings, count, policy.jailed(bwrap), (stop, fitness, presence))
    finally:
        presence.leave()


def _fit(fitness: Fitness, stop: Stop, presence: Presence) -> bool:
    """Wait until a jail can be had; False where the worker was told to end before that."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.request())
    looks = 0
    while reason := fitness.examine():
        _log.error("no jail can be had, so no work is taken: %s", reason)
        for _ in range(int(RETRY_SECONDS / EVERY)):
            presence.report(reason)
            if stop.wait(EVERY):
                return False
        looks += 1
    if looks:
        _log.warning("a jail can be had now")
    return not stop.requested


def _consume(
    settings: ServiceSettings, concurrency: int, launch: Launch, shared: tuple[Stop, Fitness, Presence]
) -> int:
    stop, fitness, presence = shared
    app = application(settings)
    child = Child(settings, launch, stop, fitness)
    register(app, child.perform)

    def report() -> None:
        presence.report(fitness.reason)

    def ready(sender: Any, **_: Any) -> None:
        report()
        sender.timer.call_repeatedly(EVERY, report)
        sender.timer.call_repeatedly(_REPLACE_SECONDS, sender.pool.maintain_pool)
        _log.info("%s takes work, %d at a time", presence.name, concurrency)

    # Bound to this call, not to the module: no state outlives it.
    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutting_down.connect(lambda **_: stop.request(), weak=False)
    signals.worker_process_init.connect(lambda **_: child.start(), weak=False)
    signals.worker_process_shutdown.connect(lambda **_: child.end(), weak=False)
    # How we log is the command's business.
    signals.setup_logging.connect(lambda **_: None, weak=False)
    # About a default of a later version, where we set it on purpose; about root, of whom the jail sees nothing.
    for kind in (CPendingDeprecationWarning, SecurityWarning):
        warnings.simplefilter("ignore", kind)
    worker = app.Worker(
        hostname=presence.name,
        concurrency=concurrency,
        pool="prefork",
        consumer_cls=Reconnecting,
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


class Reconnecting(Consumer):
    """Looks for a broker that is away every second or so: what waits in it should not wait for us."""

    def ensure_connected(self, conn: Any) -> Any:
        """The connection, once there is one; ends with the worker."""

        def away(error: Exception, interval: float) -> None:
            _log.warning("the broker is away, looking again in %.1f s: %s", interval, error)

        found = conn.ensure_connection(
            away, None, interval_start=0.2, interval_step=0.2, interval_max=1.0, callback=maybe_shutdown
        )
        self.first_connection_attempt = False
        return found


class Child:
    """What each process that does the work has of its own, made once it is forked."""

    def __init__(self, settings: ServiceSettings, launch: Launch, stop: Stop, fitness: Fitness) -> None:
        self._settings = settings
        self._launch = launch
        self._stop = stop
        self._fitness = fitness
        self._context: Context | None = None

    def start(self) -> None:
        """In the child, before its first message."""
        self._stop.inherited()
        store = Store.connect(self._settings)
        secret = self._settings.secret
        self._context = Context(
            self._settings,
            store,
            CeleryDispatcher(application(self._settings)),
            Graders(store.assignments, self._launch, secret.get_secret_value().encode() if secret else None),
            Jails(self._launch),
            self._stop,
            self._fitness,
        )

    def end(self) -> None:
        """In the child, after its last message."""
        if self._context is not None:
            self._context.jails.close()
            self._context.store.close()

    def perform(self, kind: Kind, name: str) -> None:
        """A message's work."""
        if self._context is None:
            raise RuntimeError("this process was not started as a worker's child")
        tasks.perform(self._context, Job(kind, name))


def register(app: Celery, perform: Callable[[Kind, str], None]) -> None:
    """A task for each kind of job; its one argument is the job's id."""
    for kind in Kind:

        def task(name: str, kind: Kind = kind) -> None:
            perform(kind, name)

        app.task(name=f"backmark.{kind}")(task)
