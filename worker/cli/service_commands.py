"""The commands that are a service's parts: `backmark worker`, `sweeper`, `web` and `token`."""

# ruff: noqa: PLC0415 - each command imports what it runs: a web server needs no NumPy, and `token list` no Celery

import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import click

from grader.model.records import Scope
from grader.settings import machine
from worker.cli.extras import require_extra, require_linux

if TYPE_CHECKING:
    from grader.settings.service import ServiceSettings
    from grader.store.store import Store

_DAY = 86_400.0


def _log() -> None:
    """One line an event on standard error; of the libraries only what needs somebody's attention."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for name in ("celery", "kombu", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)


@click.command()
@click.option(
    "--concurrency", type=click.IntRange(1, 256), help="Submissions graded at a time; a processor each by default."
)
@click.pass_context
def worker(ctx: click.Context, concurrency: int | None) -> None:
    """Grade what is handed in, until told to stop: what is not done by then is handed back.

    Finds its Redis by BACKMARK_REDIS_URL. Takes no work while this machine cannot isolate.
    """
    require_linux("worker")
    require_extra("worker")
    settings = _settings()
    _log()
    # Before NumPy is imported: each process has a processor to itself, and networks are small.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from worker.service.app import run

    ctx.exit(run(settings, concurrency, machine.from_environment()))


@click.command()
def sweeper() -> None:
    """Send again what a killed worker held, deliver callbacks, and delete what is old enough. Several may run."""
    require_extra("worker")
    settings = _settings()
    _log()
    from grader.dispatch import CeleryDispatcher, application
    from grader.store.store import Store
    from worker.service.deliveries import Deliveries
    from worker.service.sweeper import Sweeper

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    store = Store.connect(settings)
    failures: list[Exception] = []

    def deliver() -> None:
        try:
            Deliveries(store, settings).loop(stop)
        except Exception as error:  # noqa: BLE001 - an edge: the thread's end should be the process's
            failures.append(error)
            stop.set()

    callbacks = threading.Thread(target=deliver, name="deliveries", daemon=True)
    callbacks.start()
    Sweeper(store, CeleryDispatcher(application(settings)), settings).loop(stop)
    callbacks.join(settings.grace_seconds)
    if failures:
        # Whoever runs us starts us again, which half a sweeper would hide.
        raise failures[0]


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT", help="Where it listens.")
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Web server processes.")
def web(bind: str, processes: int) -> None:
    """Serve the HTTP API by gunicorn; its other options are taken from GUNICORN_CMD_ARGS."""
    if sys.platform == "win32":
        message = "`backmark web` needs Linux or macOS: its server, gunicorn, does not run on Windows"
        raise click.UsageError(message)
    require_extra("web")
    # What is wrong in the environment is said here, rather than by gunicorn. All else is in the file that it reads.
    _settings()
    words = ["--config", "python:grader.web.server", "--bind", bind, "--workers", str(processes)]
    os.execv(  # noqa: S606 - a command of ours, without a shell
        sys.executable,
        [sys.executable, "-P", "-m", "gunicorn", *words, "grader.web:create_app()"],
    )


@click.group()
def token() -> None:
    """Make, list and revoke tokens: who may use the API, and for what."""


@token.command()
@click.argument("name")
@click.option("--course", required=True, help="The course that it sees; an admin's sees all.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it may do; may be given several times.",
)
@click.option("--days", type=click.FloatRange(min=0, min_open=True), help="Days until it expires; never unless told.")
def create(name: str, course: str, scopes: tuple[str, ...], days: float | None) -> None:
    """Make a token, and print it: this once, since only a hash of it is stored."""
    expires = None if days is None else time.time() + days * _DAY
    made, secret = _store().tokens.create(name, course, {Scope(scope) for scope in scopes}, expires)
    click.echo(f"token {made.id} ({made.name}) for course {made.course}: {' '.join(sorted(made.scopes))}", err=True)
    click.echo(secret)


@token.command("list")
@click.option("--course", help="Of one course only.")
def list_(course: str | None) -> None:
    """List tokens, the revoked and expired too."""
    for each in _store().tokens.list(course):
        until = "" if each.expires is None else f", expires {_day(each.expires)}"
        ended = "" if each.revoked is None else f", revoked {_day(each.revoked)}"
        click.echo(f"{each.id}  {each.course}  {' '.join(sorted(each.scopes))}  {each.name}{until}{ended}")


@token.command()
@click.argument("number", metavar="ID")
def revoke(number: str) -> None:
    """Revoke a token immediately."""
    if not _store().tokens.revoke(number):
        raise click.UsageError(f"there is no token {number}")
    click.echo(f"token {number} is revoked", err=True)


def _store() -> "Store":
    require_extra("web", "pydantic_settings", "redis")
    from grader.store.store import Store

    return Store.connect(_settings())


def _settings() -> "ServiceSettings":
    from grader.settings.service import ServiceSettings

    return ServiceSettings.load()


def _day(when: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(when))
