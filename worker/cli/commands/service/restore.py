"""`backmark service restore`: a backup, back into an empty store."""

# ruff: noqa: PLC0415 - cold start: `backmark service --help` must not pay for Redis

import sys
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backmark.grader.settings import machine
from backmark.worker.cli.extras import require_extra, require_linux
from backmark.worker.cli.options import backup_argument
from backmark.worker.cli.startup import find_service
from backmark.worker.cli.terminal import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backmark.grader.store.connection import Connection

#: Seconds that Redis may take for one command: the last one gives every key its name.
_ANSWER_SECONDS = 600.0


@click.command()
@backup_argument
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    show_default="the store at BACKMARK_REDIS_URL",
    help="Restore into this data folder of `backmark serve`, which must not be running on it.",
)
def restore(file: Path, data: Path | None) -> None:
    """Restore a backup into an empty store.

    FILE is a backup by `backmark service backup`; `-` reads standard input. Restore before you start web servers,
    workers and sweepers on the store. The command refuses a store that holds anything, and a FILE that is damaged or no
    backup; it changes nothing then. Submissions that were waiting are graded once the service starts. A backup does not
    hold BACKMARK_SECRET: start the service with the same secret as before.

    Exit status: 0 restored; 2 wrong usage, or refused; 3 no Redis, or FILE cannot be read.
    """
    require_extra("web", "pydantic_settings", "redis")
    from backmark.grader.store.backups.restoring import restore_backup
    from backmark.grader.store.errors import BadBackup, NotEmpty

    with (
        nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb") as stream,
        _connect(data) as redis,
        ProgressLine(None) as progress,
    ):
        try:
            keys = restore_backup(redis, stream, lambda done, total: progress.update("restoring keys", done, total))
        except (BadBackup, NotEmpty) as error:
            raise click.UsageError(str(error)) from error
    click.echo(f"restored {keys:,} keys", err=True)
    place = "into BACKMARK_SECRET" if data is None else f"into {data / 'secret'} or BACKMARK_SECRET"
    click.echo(
        "a backup does not hold the service's secret. Before you start this service, put the secret of the service that"
        f" was backed up {place}. With another secret, links and sign-ins stop working, and hidden cases are lost",
        err=True,
    )


@contextmanager
def _connect(data: Path | None) -> "Iterator[Connection]":
    """Connect to the store of BACKMARK_REDIS_URL, or to that of a folder, whose Redis runs meanwhile."""
    from backmark.grader.store.connection import Connection

    if data is None:
        with closing(Connection.open(find_service(), _ANSWER_SECONDS)) as redis:
            yield redis
        return
    require_linux("service restore --data")
    require_extra("serve")
    from backmark.grader.settings.service import ServiceSettings
    from backmark.worker.serve.folder_redis import run_redis

    maxmemory = machine.from_environment().redis_maxmemory
    with run_redis(data, maxmemory) as url:
        settings = ServiceSettings.load(redis_url=url, redis_ca=None)
        with closing(Connection.open(settings, _ANSWER_SECONDS)) as redis:
            yield redis
