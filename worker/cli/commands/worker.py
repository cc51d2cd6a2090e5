"""`backmark worker`: grade the submissions of a service."""

# ruff: noqa: PLC0415 - cold start: `backmark --help` must not pay for Celery

import os

import click

from backmark.grader.settings import machine
from backmark.worker.cli.extras import require_extra, require_linux
from backmark.worker.cli.startup import start_process


@click.command()
@click.option(
    "--concurrency",
    type=click.IntRange(1, 256),
    help="The number of submissions graded at a time; by default one for each processor.",
)
def worker(concurrency: int | None) -> int:
    """Grade submissions until stopped.

    Unfinished submissions then go back to the queue. BACKMARK_REDIS_URL is the address of its Redis. It takes no work
    while this machine cannot isolate submissions.
    """
    require_linux("worker")
    require_extra("worker")
    settings = start_process("worker")
    # Before NumPy is imported: each process has a processor to itself, and arrays are small.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from backmark.worker.service.app import run

    return run(settings, concurrency, machine.from_environment())
