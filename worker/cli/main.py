"""The `backmark` command: finds the commands by their files and turns errors into exit statuses."""

import io
import os
import pkgutil
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

import click

from backmark.grader.errors import BackmarkError, BadAssignment, JailFailed, JailUnavailable
from backmark.worker.cli import commands
from backmark.worker.cli.exit_status import ExitStatus

#: The names of earlier versions, which scripts may have.
_OLD_NAMES: Mapping[str, str] = MappingProxyType({"networks": "cases"})


class CommandFolder(click.Group):
    """The commands in `worker/cli/commands/`, each imported only when it is asked for.

    A cold `backmark grade` should not pay for what only a service or its clients import.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the command files, sorted."""
        return sorted(module.name for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; return None if there is no file of that name."""
        names, cmd_name = self.list_commands(ctx), _OLD_NAMES.get(cmd_name, cmd_name)
        if cmd_name not in names:
            # click suggests a similar name among the commands that were added.
            for name in names:
                self.add_command(_import_command(name))
            return None
        return _import_command(cmd_name)

    def invoke(self, ctx: click.Context) -> None:
        """Run a command and exit with the status that it returns, or with that of the error that it raised."""
        try:
            status = super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort):
            click.echo("backmark: interrupted; the verdicts printed so far are valid", err=True)
            status = ExitStatus.INTERRUPTED
        except BrokenPipeError:
            # Nobody reads on; nor may Python's own last flush fail.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = ExitStatus.BROKEN_PIPE
        except BadAssignment as error:
            raise click.UsageError(str(error)) from error
        except Exception as error:  # noqa: BLE001 - an edge: what it is, _report tells apart
            _report(error)
            status = ExitStatus.FAILURE
        ctx.exit(status or ExitStatus.SUCCESS)


def _import_command(name: str) -> click.Command:
    command: click.Command = getattr(import_module(f"{commands.__name__}.{name}"), name)
    return command


def _report(error: Exception) -> None:
    """Print an error on standard error, so that nobody takes it for a verdict."""
    if isinstance(error, BackmarkError):
        click.echo(f"backmark: {error}", err=True)
        if isinstance(error, JailUnavailable | JailFailed):
            click.echo("backmark: `backmark doctor` shows what this machine can isolate", err=True)
    elif isinstance(error, OSError):
        click.echo(f"backmark: {error.filename or 'the machine'}: {error.strerror}", err=True)
    else:
        traceback.print_exception(error)
        click.echo("backmark: this is an internal error in Backmark; it says nothing about the submission", err=True)


@click.group(cls=CommandFolder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="backmark", prog_name="backmark")
def main() -> None:
    """Grade backpropagation homework: isolated, against finite differences, with a verdict that teaches.

    Exit status: 0 all passed; 1 not all passed; 2 wrong usage; 3 a failure of Backmark's own.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Print a substitute for a character that the terminal cannot show, rather than lose the verdict.
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
