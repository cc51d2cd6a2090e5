"""The `backmark` command: finds commands by their files, and turns errors into exit statuses."""

import io
import os
import pkgutil
import sys
import traceback
from importlib import import_module
from types import ModuleType
from typing import Any

import click

from backmark.grader.errors import BackmarkError, BadAssignment, JailFailed, JailUnavailable, OlderStore
from backmark.worker.cli import commands
from backmark.worker.cli.exit_status import ExitStatus


class CommandFolder(click.Group):
    """The commands in a folder: `NAME.py` holds the command NAME, and a folder NAME is a group of commands.

    A cold `backmark grade` should not pay for what only a service or its clients import.
    """

    def __init__(self, *, folder: ModuleType, **attributes: Any) -> None:
        super().__init__(**attributes)
        self._folder = folder

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the files and folders, sorted."""
        return sorted(module.name for module in pkgutil.iter_modules(self._folder.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; return None if there is no file or folder of that name."""
        names = self.list_commands(ctx)
        if cmd_name not in names:
            # click suggests a similar name among the commands that were added.
            for name in names:
                self.add_command(self._load(name))
            return None
        return self._load(cmd_name)

    def _load(self, name: str) -> click.Command:
        module = import_module(f"{self._folder.__name__}.{name}")
        if hasattr(module, "__path__"):
            return CommandFolder(folder=module, name=name, help=module.__doc__)
        return next(value for value in vars(module).values() if isinstance(value, click.Command) and value.name == name)


class MainCommand(CommandFolder):
    """The commands that grade, and four groups: those of assignments, courses, other platforms and a service."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of these words; of a name without its group say which group has it."""
        # The shell asks for completions with resilient parsing, and wants to read nothing else.
        if not ctx.resilient_parsing and args[0] not in self.list_commands(ctx):
            self._look_into_groups(ctx, args[0])
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command of the first group does, and the names of those in the others."""
        groups = self._list_groups(ctx)
        names = [name for name in self.list_commands(ctx) if name not in {group.name for group in groups}]
        width = formatter.width - 6 - max(map(len, names))
        with formatter.section("Grading"):
            formatter.write_dl([(name, self._load(name).get_short_help_str(width)) for name in names])
        for group in groups:
            with formatter.section(f"backmark {group.name} COMMAND"):
                formatter.write_text(group.get_short_help_str(formatter.width))
                formatter.write_text(", ".join(group.list_commands(ctx)))

    def _look_into_groups(self, ctx: click.Context, name: str) -> None:
        """Raise UsageError, which names the groups, if a group has a command of this name."""
        groups = [group.name for group in self._list_groups(ctx) if name in group.list_commands(ctx)]
        if groups:
            calls = " or ".join(f"`backmark {group} {name}`" for group in groups)
            raise click.UsageError(f"No such command '{name}'. Did you mean {calls}?", ctx)

    def _list_groups(self, ctx: click.Context) -> list[CommandFolder]:
        members = (self.get_command(ctx, name) for name in self.list_commands(ctx))
        return [member for member in members if isinstance(member, CommandFolder)]

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
        except (BadAssignment, OlderStore) as error:
            raise click.UsageError(str(error)) from error
        except Exception as error:  # noqa: BLE001 - an edge: what it is, _report tells apart
            _report(error)
            status = ExitStatus.FAILURE
        ctx.exit(status or ExitStatus.SUCCESS)


def _report(error: Exception) -> None:
    """Print an error on standard error, so that nobody takes it for a verdict."""
    if isinstance(error, BackmarkError):
        click.echo(f"backmark: {error}", err=True)
        if isinstance(error, JailUnavailable | JailFailed):
            click.echo("backmark: run `backmark doctor` to see what is missing on this machine", err=True)
    elif isinstance(error, OSError):
        click.echo(f"backmark: {error.filename or 'the machine'}: {error.strerror}", err=True)
    else:
        traceback.print_exception(error)
        click.echo(
            "backmark: an internal error in Backmark, which says nothing about the submission; please report it",
            err=True,
        )


@click.group(
    cls=MainCommand, folder=commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="backmark", prog_name="backmark")
def main() -> None:
    """Grade backpropagation homework: isolated, against finite differences, with a verdict that teaches.

    `backmark COMMAND --help` describes a command, and `backmark GROUP --help` a group of commands.

    Exit status: 0 if everything passed; 1 if something did not pass; 2 for wrong usage; 3 if Backmark itself failed.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Print a substitute for a character that the terminal cannot show, rather than lose the verdict.
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
