"""`backmark service backup`: everything that a service stores, in one file."""

# ruff: noqa: PLC0415 - cold start: `backmark service --help` must not pay for Redis

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from backmark.grader.support.writing import write_whole
from backmark.worker.cli.extras import require_extra
from backmark.worker.cli.options import backup_argument
from backmark.worker.cli.startup import find_service
from backmark.worker.cli.terminal import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds that Redis may take for one command: nobody waits for a backup.
_ANSWER_SECONDS = 60.0


@click.command()
@backup_argument
@click.option("--replace", is_flag=True, help="Replace FILE if it exists; without this option the command refuses to.")
def backup(file: Path, *, replace: bool) -> None:
    """Back up a service's store while the service runs.

    FILE gets the whole store as it was at one moment: submissions, verdicts, the queue, assignments and tokens. The
    store is the Redis at BACKMARK_REDIS_URL, or that of `backmark serve` on this machine. FILE is either complete or
    not written, and only its owner may read it, since it holds students' work. It does not hold BACKMARK_SECRET: keep a
    copy of that elsewhere. `-` writes to standard output. `backmark service restore` reads FILE.

    Exit status: 0 written; 2 wrong usage, or FILE exists; 3 no Redis, or FILE cannot be written.
    """
    require_extra("web", "pydantic_settings", "redis")
    from backmark.grader.store.backups.copying import write_backup
    from backmark.grader.store.connection import Connection

    if str(file) != "-" and file.exists() and not replace:
        raise click.UsageError(f"{file} exists already; name another file, or add --replace")
    redis = Connection.open(find_service(), _ANSWER_SECONDS)
    with _open(file) as stream, ProgressLine(None) as progress:
        counts = write_backup(redis, stream, lambda done, total: progress.update("copying keys", done, total))
        size = stream.tell() if stream.seekable() else 0
    written = f", {size / 1e6:,.1f} MB" if size else ""
    click.echo(f"backed up {counts.submissions:,} submissions ({counts.keys:,} keys{written})", err=True)


@contextmanager
def _open(file: Path) -> "Iterator[IO[bytes]]":
    """Open the file, or standard output."""
    if str(file) != "-":
        with write_whole(file) as stream:
            yield stream
        return
    if sys.stdout.isatty():
        raise click.UsageError(
            "a backup is binary and does not belong on a terminal; name a file, or redirect standard output to one"
        )
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()
