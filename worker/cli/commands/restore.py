"""`backmark restore`: a backup, back into an empty store."""

# ruff: noqa: PLC0415 - cold start: `backmark --help` must not pay for Redis

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
    help="Restore into this folder for `backmark serve`, which must not run on it, instead of BACKMARK_REDIS_URL.",
)
def restore(file: Path, data: Path | None) -> None:
    """Restore a backup into an empty store.

    FILE is what `backmark backup` wrote; `-` reads standard input. Restore before web servers, workers and sweepers are
    started on the store: one that holds anything is refused, and so is a FILE that is damaged or no backup. Nothing is
    changed then. What waited is graded once they are started, with the BACKMARK_SECRET of then: a backup does not hold
    it.

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
    place = "in BACKMARK_SECRET" if data is None else f"as {data / 'secret'}, or in BACKMARK_SECRET"
    click.echo(
        f"a backup does not hold the service's secret: put that of the service that was backed up {place}, before you"
        " start this one. With another secret, links and sign-ins end, and fresh cases are lost",
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
    require_linux("restore --data")
    require_extra("serve")
    from backmark.grader.settings.service import ServiceSettings
    from backmark.worker.serve.folder_redis import run_redis

    maxmemory = machine.from_environment().redis_maxmemory
    with run_redis(data, maxmemory) as url:
        settings = ServiceSettings.load(redis_url=url, redis_ca=None)
        with closing(Connection.open(settings, _ANSWER_SECONDS)) as redis:
            yield redis
