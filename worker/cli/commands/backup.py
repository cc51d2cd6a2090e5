"""`backmark backup`: everything that a service stores, in one file."""

# ruff: noqa: PLC0415 - cold start: `backmark --help` must not pay for Redis

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from backmark.worker.cli.extras import require_extra
from backmark.worker.cli.files import write_privately
from backmark.worker.cli.options import backup_argument
from backmark.worker.cli.startup import find_service
from backmark.worker.cli.terminal import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds that Redis may take for one command: nobody waits for a backup.
_ANSWER_SECONDS = 60.0


@click.command()
@backup_argument
@click.option("--replace", is_flag=True, help="Replace FILE if it exists.")
def backup(file: Path, *, replace: bool) -> None:
    """Back up a service's store while it runs.

    FILE holds the store of BACKMARK_REDIS_URL, or of `backmark serve` on this machine, as it was at one moment:
    submissions, verdicts, what waits, assignments and tokens. It is complete or not there, and only its owner may read
    it: it holds students' work. BACKMARK_SECRET is not in it; keep that elsewhere. `-` writes to standard output.
    `backmark restore` reads it.

    Exit status: 0 written; 2 wrong usage, or FILE exists; 3 no Redis, or FILE cannot be written.
    """
    require_extra("web", "pydantic_settings", "redis")
    from backmark.grader.store.backups.copying import write_backup
    from backmark.grader.store.connection import Connection

    if str(file) != "-" and file.exists() and not replace:
        raise click.UsageError(f"{file} exists: name another file, or give --replace")
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
        with write_privately(file) as stream:
            yield stream
        return
    if sys.stdout.isatty():
        raise click.UsageError("a backup is not text: name a file, or send standard output to one")
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()
