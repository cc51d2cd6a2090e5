"""`backmark service sweeper`: the housekeeping of a service."""

# ruff: noqa: PLC0415 - cold start: `backmark service --help` must not pay for Celery and Redis

import signal
import threading
import time
from collections.abc import Callable

import click

from backmark.worker.cli.extras import require_extra
from backmark.worker.cli.startup import start_process


@click.command()
def sweeper() -> None:
    """Send notifications, requeue lost submissions and clean up.

    A sweeper sends notifications and the marks for gradebooks, puts submissions of killed workers back into the queue,
    and deletes expired data. A service needs one sweeper; several may run. BACKMARK_REDIS_URL is the address of the
    service's Redis.
    """
    require_extra("worker")
    settings = start_process("sweeper")
    from backmark.grader.dispatch import CeleryDispatcher, application
    from backmark.grader.store.store import Store
    from backmark.worker.service.deliveries import Deliveries
    from backmark.worker.service.gradebooks import gradebook_loops
    from backmark.worker.service.sweeper import Sweeper

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    store = Store.connect(settings)
    failures: list[Exception] = []

    def run(loop: Callable[[threading.Event], None]) -> None:
        try:
            loop(stop)
        except Exception as error:  # noqa: BLE001 - an edge: the thread's end should be the process's
            failures.append(error)
            stop.set()

    loops = {"deliveries": Deliveries(store, settings).loop, **gradebook_loops(store, settings)}
    threads = [threading.Thread(target=run, args=(loop,), name=name, daemon=True) for name, loop in loops.items()]
    for thread in threads:
        thread.start()
    Sweeper(store, CeleryDispatcher(application(settings)), settings).loop(stop)
    until = time.monotonic() + settings.grace_seconds
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    if failures:
        # A supervisor starts us again; half a sweeper would hide the failure.
        raise failures[0]
