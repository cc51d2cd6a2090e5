"""`backmark service worker`: grade the submissions of a service."""

# ruff: noqa: PLC0415 - cold start: `backmark service --help` must not pay for Celery

import os

import click

from backmark.grader.settings import machine
from backmark.worker.cli.extras import require_extra, require_linux
from backmark.worker.cli.startup import start_process


@click.command()
@click.option(
    "--concurrency",
    type=click.IntRange(1, 256),
    metavar="N",
    show_default="one for each processor",
    help="The number of submissions graded at a time.",
)
def worker(concurrency: int | None) -> int:
    """Grade a service's submissions until stopped.

    When the worker is stopped, submissions that it has not finished go back to the queue. A worker takes no submissions
    while its machine cannot isolate them; `backmark doctor` shows why. BACKMARK_REDIS_URL is the address of the
    service's Redis.
    """
    require_linux("service worker")
    require_extra("worker")
    settings = start_process("worker")
    # Before NumPy is imported: each process has a processor to itself, and arrays are small.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from backmark.worker.service.app import run

    return run(settings, concurrency, machine.from_environment())
