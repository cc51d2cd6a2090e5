"""A worker: one process that takes messages, and children that do the work."""

import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import Celery, signals
from celery.exceptions import SecurityWarning

from grader.dispatch import application
from grader.errors import StoreUnavailable
from grader.model.records import Kind
from grader.settings.machine import Settings
from grader.settings.service import ServiceSettings
from grader.store.store import Store
from worker.sandbox import policy
from worker.sandbox.policy import Launch, Way
from worker.service.child import Child
from worker.service.consumer import Reconnecting
from worker.service.fitness import RETRY_SECONDS, Fitness
from worker.service.presence import EVERY, Presence
from worker.service.stop import Stop

_log = logging.getLogger(__name__)

#: A child that died is missed within so many seconds. Celery looks at once, when it is often not quite dead, and then
#: only five seconds later.
_REPLACE_SECONDS = 0.25


def run(settings: ServiceSettings, concurrency: int | None, machine: Settings) -> int:
    """Work until SIGTERM or SIGINT; the exit status. Takes no work while this machine cannot isolate."""
    count = concurrency or _processors()
    way = Way(machine.jail)
    stop, fitness = Stop(), Fitness(machine.bwrap, way)
    presence = Presence(Store.connect(settings), "worker", count)
    try:
        if not _fit(fitness, stop, presence):
            return 0
        return _consume(settings, count, policy.jailed(machine.bwrap, way), (stop, fitness, presence))
    finally:
        presence.leave()


def _processors() -> int:
    """Those that we may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


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
        if stop.requested:
            # Told so before Celery listened to signals.
            os.kill(os.getpid(), signal.SIGTERM)

    # Bound to this call, not to the module: no state outlives it.
    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutting_down.connect(lambda **_: stop.request(), weak=False)
    signals.worker_process_init.connect(lambda **_: child.start(), weak=False)
    signals.worker_process_shutdown.connect(lambda **_: child.end(), weak=False)
    # How we log is the command's business.
    signals.setup_logging.connect(lambda **_: None, weak=False)
    # That we are root: of which a jail sees nothing.
    warnings.simplefilter("ignore", SecurityWarning)
    worker = app.Worker(
        hostname=presence.name,
        concurrency=concurrency,
        pool="prefork",
        consumer_cls=partial(Reconnecting, shortage=_shortage(settings), report=report),
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def _shortage(settings: ServiceSettings) -> Callable[[], str | None]:
    """Return what says why the store has no room; to somebody who has connected, so one that is away has nothing."""
    store = Store.connect(settings)

    def shortage() -> str | None:
        try:
            return store.shortage()
        except StoreUnavailable:
            return None

    return shortage


def register(app: Celery, perform: Callable[[Kind, str], None]) -> None:
    """A task for each kind of job; its one argument is the job's id."""
    for kind in Kind:

        def task(name: str, kind: Kind = kind) -> None:
            perform(kind, name)

        app.task(name=f"backmark.{kind}")(task)
