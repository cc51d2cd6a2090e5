"""`backmark serve`: the whole service on this machine."""

import errno
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click

from backmark.grader.settings import machine
from backmark.worker.cli.extras import require_extra, require_gallery, require_linux
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


class UrlType(click.ParamType[str]):
    """The type of an option that holds the address of a website."""

    name = "url"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read the address, or fail with an example of one."""
        url = str(value)
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            self.fail(f"{url} is not the address of a website, such as https://backmark.example.edu", param, ctx)
        return url


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    show_default="BACKMARK_DATA, else backmark in XDG_DATA_HOME or ~/.local/share",
    help="The folder for all data.",
)
@click.option(
    "--bind",
    type=AddressType(),
    metavar="HOST:PORT",
    show_default="127.0.0.1:8000, or the next free port",
    help="The address to listen on.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    metavar="N",
    show_default="one for each processor",
    help="The number of submissions graded at a time.",
)
@click.option(
    "--redis-maxmemory",
    type=MemoryType(),
    metavar="SIZE",
    show_default="BACKMARK_REDIS_MAXMEMORY, else 768mb",
    help="The most memory that Redis may use, in bytes or with a unit, such as 768mb or 2gb. 64mb is the least.",
)
@click.option(
    "--public-url",
    type=UrlType(),
    metavar="URL",
    show_default="BACKMARK_PUBLIC_URL, else no address of its own",
    help="The address at which students reach the service, such as https://backmark.example.edu. Links begin with it.",
)
def serve(
    data: Path | None, bind: Address | None, workers: int | None, redis_maxmemory: int | None, public_url: str | None
) -> None:
    """Run the whole service on this machine.

    The command starts Redis, a worker, a sweeper and a web server, and prints the service's address and, the first
    time, a token. Ctrl-C stops the service: accepted submissions are kept, and graded after the next start. A part that
    dies is started again.

    Exit status: 0 stopped; 2 wrong usage; 3 a part keeps dying, or the service could not start.
    """
    require_linux("serve")
    require_extra("serve")
    require_gallery("serve")
    # Not without its extra, nor on Windows: `backmark --help` shows this command everywhere.
    from backmark.worker.serve.serve import serve as run  # noqa: PLC0415

    settings = machine.from_environment()
    maxmemory = redis_maxmemory or settings.redis_maxmemory
    environment = dict(settings.environment)
    if public_url is not None:
        environment["BACKMARK_PUBLIC_URL"] = public_url
    run(data or settings.data, bind, workers, environment, announce, maxmemory=maxmemory)


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
