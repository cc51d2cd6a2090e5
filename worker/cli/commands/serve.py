"""`backmark serve`: the whole service on this machine."""

import errno
import os
import sys
from pathlib import Path

import click

from backmark.grader.settings import machine
from backmark.worker.cli.extras import require_extra, require_linux
from backmark.worker.serve.listening import Address


class AddressType(click.ParamType[Address]):
    """The type of an option that holds an address to listen on."""

    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        """Read the address, or fail with an example of one."""
        try:
            return Address.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class MemoryType(click.ParamType[int]):
    """The type of an option that holds a size in bytes, as Redis writes it."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the size, or fail with an example of one."""
        try:
            return machine.parse_memory(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder for all data; by default BACKMARK_DATA, or backmark in XDG_DATA_HOME (~/.local/share).",
)
@click.option(
    "--bind",
    type=AddressType(),
    metavar="HOST:PORT",
    help="The address to listen on; by default 127.0.0.1:8000, or the next port that is free.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="The number of submissions graded at a time; by default one for each processor.",
)
@click.option(
    "--redis-maxmemory",
    type=MemoryType(),
    metavar="SIZE",
    help="The most memory that Redis may use, such as 2gb; by default BACKMARK_REDIS_MAXMEMORY, or 768mb.",
)
def serve(data: Path | None, bind: Address | None, workers: int | None, redis_maxmemory: int | None) -> None:
    """Run the whole service on this machine.

    Redis, worker, sweeper and web server start together. Prints the address and, the first time, a token. Ctrl-C stops
    it; accepted submissions are kept, and graded after the next start. A part that dies is started again; exit status 3
    if one keeps dying.
    """
    require_linux("serve")
    require_extra("serve")
    # Not without its extra, nor on Windows: `backmark --help` shows this command everywhere.
    from backmark.worker.serve.serve import serve as run  # noqa: PLC0415

    settings = machine.from_environment()
    maxmemory = redis_maxmemory or settings.redis_maxmemory
    run(data or settings.data, bind, workers, settings.environment, announce, maxmemory=maxmemory)


def announce(line: str) -> None:
    """Print a line for whoever runs the service, which goes on if nobody reads it."""
    try:
        # An indented line is to be copied, so it stands by itself.
        click.echo(line if line.startswith(" ") else f"backmark serve: {line}")
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            # Redirected to a full disk: the next line may find room.
            return
        # Nor may Python's own last flush fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
