"""`backmark service web`: serve pages and API by gunicorn."""

import os
import sys

import click

from backmark.worker.cli.extras import require_extra
from backmark.worker.cli.startup import load_settings, refuse_older_store


@click.command()
@click.option(
    "--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT", help="The address to listen on."
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    metavar="N",
    default=2,
    show_default=True,
    help="The number of processes that answer requests.",
)
def web(bind: str, processes: int) -> None:
    """Serve the pages and the HTTP API.

    The server is gunicorn, which reads further options from GUNICORN_CMD_ARGS. BACKMARK_REDIS_URL is the address of the
    service's Redis.
    """
    if sys.platform == "win32":
        message = "`backmark service web` needs Linux or macOS: gunicorn, its server, does not run on Windows"
        raise click.UsageError(message)
    require_extra("web")
    # A wrong setting, or a store that is not read, is reported by us, rather than by gunicorn.
    refuse_older_store(load_settings())
    words = ["--config", "python:backmark.grader.web.server", "--bind", bind, "--workers", str(processes)]
    os.execv(  # noqa: S606 - a command of ours, without a shell
        sys.executable,
        [sys.executable, "-P", "-m", "gunicorn", *words, "backmark.grader.web:create_app()"],
    )
