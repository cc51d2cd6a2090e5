"""The command line of `backmark serve`."""

import errno
import os
import sys
from pathlib import Path

import click

from grader.settings import machine
from worker.cli.extras import require_extra, require_linux
from worker.serve.listening import Address


class Where(click.ParamType[Address]):
    """An address to listen on."""

    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        """Read it, or say what one looks like."""
        try:
            return Address.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Memory(click.ParamType[int]):
    """A size in bytes, as Redis writes it."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it, or say what one looks like."""
        try:
            return machine.parse_memory(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where everything is kept; BACKMARK_DATA, or backmark in XDG_DATA_HOME (~/.local/share), by default.",
)
@click.option(
    "--bind",
    type=Where(),
    metavar="HOST:PORT",
    help="Where it listens; 127.0.0.1:8000 by default, or the next port that is free.",
)
@click.option(
    "--workers", type=click.IntRange(1, 256), help="Submissions graded at a time; a processor each by default."
)
@click.option(
    "--redis-maxmemory",
    type=Memory(),
    metavar="SIZE",
    help="What Redis may hold, such as 2gb; BACKMARK_REDIS_MAXMEMORY, or 768mb, by default.",
)
def serve(data: Path | None, bind: Address | None, workers: int | None, redis_maxmemory: int | None) -> None:
    """Run the whole service on this machine: Redis, worker, sweeper and web server.

    Prints the address, and the first time a token. Ctrl-C stops it; what was accepted is kept and goes on with the next
    start. A part that dies is started again; exit status 3 when one keeps dying.
    """
    require_linux("serve")
    require_extra("serve")
    # Not without its extra, nor on Windows: `backmark --help` shows this command everywhere.
    from worker.serve.serve import serve as run  # noqa: PLC0415

    settings = machine.from_environment()
    maxmemory = redis_maxmemory or settings.redis_maxmemory
    run(data or settings.data, bind, workers, settings.environment, say, maxmemory=maxmemory)


def say(line: str) -> None:
    """Tell whoever runs the service; that nobody reads on is no reason to end it."""
    try:
        # What is there to be copied stands by itself.
        click.echo(line if line.startswith(" ") else f"backmark serve: {line}")
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            # Redirected to a full disk: the next line may find room.
            return
        # Nor may Python's own last flush fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
