"""The `backmark` command: its help, the names of earlier versions, and errors as exit statuses."""

import io
import os
import sys
import traceback
from collections.abc import Mapping
from types import MappingProxyType

import click

from backmark.grader.errors import BackmarkError, BadAssignment, JailFailed, JailUnavailable
from backmark.worker.cli import commands
from backmark.worker.cli.command_folder import CommandFolder
from backmark.worker.cli.exit_status import ExitStatus

#: The commands of earlier versions, by what each is called now. They go with the version after the next.
OLD_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "assignments": "assignment list",
        "backup": "service backup",
        "cases": "assignment cases",
        "export": "assignment export",
        "kit": "assignment kit",
        "lti": "service lti",
        "marks": "course fill",
        "networks": "assignment cases",
        "new": "assignment new",
        "regrade": "course regrade",
        "restore": "service restore",
        "retry": "service rerun",
        "scores": "course undelivered",
        "sweeper": "service sweeper",
        "token": "service token",
        "web": "service web",
        "worker": "service worker",
    }
)


class MainCommand(CommandFolder):
    """The commands that grade, and three groups: those of assignments, courses and a service."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of these words; take an old name, and print the new one on standard error."""
        name = args[0]
        if name in OLD_NAMES:
            if not ctx.resilient_parsing:
                click.echo(
                    f"backmark: `backmark {name}` is now called `backmark {OLD_NAMES[name]}`; the next version drops"
                    " the old name",
                    err=True,
                )
            return super().resolve_command(ctx, [*OLD_NAMES[name].split(), *args[1:]])
        if name not in self.list_commands(ctx):
            elsewhere = [
                f"`backmark {group.name} {name}`" for group in self._groups(ctx) if name in group.list_commands(ctx)
            ]
            if elsewhere:
                raise click.UsageError(f"No such command '{name}'. Did you mean {' or '.join(elsewhere)}?", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command of the first group does, and the names of those in the others."""
        groups = self._groups(ctx)
        grading = [name for name in self.list_commands(ctx) if name not in {group.name for group in groups}]
        commands = {name: self.get_command(ctx, name) for name in grading}
        width = formatter.width - 6 - max(map(len, commands))
        with formatter.section("Grading"):
            formatter.write_dl(
                [(name, command.get_short_help_str(width)) for name, command in commands.items() if command]
            )
        for group in groups:
            with formatter.section(f"backmark {group.name} COMMAND"):
                formatter.write_text(group.get_short_help_str(formatter.width))
                formatter.write_text(", ".join(group.list_commands(ctx)))

    def _groups(self, ctx: click.Context) -> list[CommandFolder]:
        commands = (self.get_command(ctx, name) for name in self.list_commands(ctx))
        return [command for command in commands if isinstance(command, CommandFolder)]

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
