"""A worker: one process that receives messages, and child processes that do the work."""

import logging
import os
import signal
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import signals
from celery.exceptions import SecurityWarning

from backmark.grader.dispatch import TASK, application
from backmark.grader.errors import StoreUnavailable
from backmark.grader.settings.machine import Settings
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.grader.support.cpus import count_cpus
from backmark.worker.grading import engine_version
from backmark.worker.sandbox import policy
from backmark.worker.sandbox.policy import Launch, Way
from backmark.worker.service.child import Child
from backmark.worker.service.consumer import ReconnectingConsumer
from backmark.worker.service.heartbeat import EVERY, Heartbeat
from backmark.worker.service.isolation import RETRY_SECONDS, Isolation
from backmark.worker.service.stop import Stop

_log = logging.getLogger(__name__)

#: Seconds within which a dead child is replaced. Celery checks at once, when it is often not quite dead, and then only
#: five seconds later.
_REPLACE_SECONDS = 0.25


def run(settings: ServiceSettings, concurrency: int | None, machine: Settings) -> int:
    """Work until SIGTERM or SIGINT, and return the exit status. Takes no work while this machine cannot isolate."""
    count = concurrency or count_cpus()
    way = Way(machine.jail)
    stop, isolation = Stop(), Isolation(machine.bwrap, way)
    heartbeat = Heartbeat(Store.connect(settings), "worker", count, engine_version.version())
    try:
        if not _wait_until_isolated(isolation, stop, heartbeat):
            return 0
        return _consume(settings, count, policy.plan_jailed(machine.bwrap, way), (stop, isolation, heartbeat))
    finally:
        heartbeat.leave()


def _wait_until_isolated(isolation: Isolation, stop: Stop, heartbeat: Heartbeat) -> bool:
    """Wait until a jail is available; return False if the worker was asked to stop before that."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.request())
    looks = 0
    while reason := isolation.examine():
        _log.error("no jail is available, so no work is taken: %s", reason)
        for _ in range(int(RETRY_SECONDS / EVERY)):
            heartbeat.report(reason)
            if stop.wait(EVERY):
                return False
        looks += 1
    if looks:
        _log.warning("a jail is available now")
    return not stop.requested


def _consume(
    settings: ServiceSettings, concurrency: int, launch: Launch, shared: tuple[Stop, Isolation, Heartbeat]
) -> int:
    stop, isolation, heartbeat = shared
    app = application(settings)
    child = Child(settings, launch, stop, isolation)
    app.task(name=TASK)(child.perform)

    def report(reason: str | None = None) -> None:
        reason = reason or isolation.reason
        heartbeat.report(reason, "" if reason else isolation.way_found)

    def ready(sender: Any, **_: Any) -> None:
        report()
        sender.timer.call_repeatedly(EVERY, report)
        sender.timer.call_repeatedly(_REPLACE_SECONDS, sender.pool.maintain_pool)
        _log.info("%s takes work, %d at a time", heartbeat.name, concurrency)
        if stop.requested:
            # The signal came before Celery handled signals.
            os.kill(os.getpid(), signal.SIGTERM)

    # Bound to this call, not to the module: no state outlives it.
    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutting_down.connect(lambda **_: stop.request(), weak=False)
    signals.worker_process_init.connect(lambda **_: child.start(), weak=False)
    signals.worker_process_shutdown.connect(lambda **_: child.end(), weak=False)
    # The command configures logging.
    signals.setup_logging.connect(lambda **_: None, weak=False)
    # Celery warns about running as root, which does not affect a jail.
    warnings.simplefilter("ignore", SecurityWarning)
    worker = app.Worker(
        hostname=heartbeat.name,
        concurrency=concurrency,
        pool="prefork",
        consumer_cls=partial(
            ReconnectingConsumer, shortage=_shortage(settings), report=report, asked=lambda: stop.requested
        ),
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def _shortage(settings: ServiceSettings) -> Callable[[], str | None]:
    """Return a function that returns why the store has no room, or None, also while the store does not answer."""
    store = Store.connect(settings)

    def shortage() -> str | None:
        try:
            return store.shortage()
        except StoreUnavailable:
            return None

    return shortage
