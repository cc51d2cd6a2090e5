"""The `backmark` command. Exit status: 0 all passed; 1 not all passed; 2 usage; 3 Backmark's own failure."""

import io
import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import click

from grader.errors import BackmarkError, BadAssignment, JailFailed, JailUnavailable
from grader.settings import machine
from worker.cli import files as submissions
from worker.cli import local as commands

PASSED, NOT_ALL_PASSED, OUR_FAILURE = 0, 1, 3
#: As a shell has it for SIGINT and SIGPIPE.
INTERRUPTED, NOBODY_READS = 130, 141

Command = TypeVar("Command", bound=Callable[..., Any])

#: Commands of a service and its clients, by the module that has them: imported when asked for, since a cold
#: `backmark grade` should not pay for them.
LATER = {
    "serve": "worker.cli.serve_command",
    "worker": "worker.cli.service_commands",
    "sweeper": "worker.cli.service_commands",
    "web": "worker.cli.service_commands",
    "token": "worker.cli.service_commands",
    "submit": "worker.cli.client_cli",
    "status": "worker.cli.client_cli",
    "retry": "worker.cli.client_cli",
    "regrade": "worker.cli.regrade_cli",
}


class Backmark(click.Group):
    """Turns our own failures into exit status 3, said on standard error: never a student's mark."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Those of this file and those that come later."""
        return sorted({*super().list_commands(ctx), *LATER})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command, imported where it must be."""
        if cmd_name in LATER:
            found: click.Command = getattr(import_module(LATER[cmd_name]), cmd_name)
            return found
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort):
            click.echo("backmark: interrupted; what was printed before stands", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # Nobody reads on; nor may Python's own last flush fail.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(NOBODY_READS) from None
        except BadAssignment as error:
            raise click.UsageError(str(error)) from error
        except BackmarkError as error:
            click.echo(f"backmark: {error}", err=True)
            if isinstance(error, JailUnavailable | JailFailed):
                click.echo("backmark: `backmark doctor` says what this machine can isolate", err=True)
        except OSError as error:
            click.echo(f"backmark: {error.filename or 'the machine'}: {error.strerror}", err=True)
        except Exception:  # noqa: BLE001 - an edge: whatever it is, it is ours
            traceback.print_exc()
            click.echo(
                "backmark: this is an internal error in Backmark; it says nothing about the submission", err=True
            )
        raise click.exceptions.Exit(OUR_FAILURE)


def assignment_option(command: Command) -> Command:
    """The option that most commands share."""
    return click.option(
        "--assignment",
        default="udl-7.2",
        show_default=True,
        metavar="ID|FILE",
        help="A shipped assignment, a .toml file that describes one, or a .npz of drawn networks.",
    )(command)


@click.group(cls=Backmark, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="backmark", prog_name="backmark")
def main() -> None:
    """Grade backpropagation homework: isolated, against finite differences, with a verdict that teaches.

    Exit status: 0 all passed; 1 not all passed; 2 wrong usage; 3 a failure of Backmark's own.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a sign shows another, rather than losing the verdict.
            stream.reconfigure(errors="replace")


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@assignment_option
@click.option("--json", "as_json", is_flag=True, help="One result object a line on standard output, nothing else.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Draw other networks than the assignment's.")
@click.option("--networks", type=click.IntRange(1, 2000), help="Draw this many networks instead of the assignment's.")
@click.option(
    "--script",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write the counterexample of a single submission as a NumPy script.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Processes that grade many files; by default as many as there are processors, one more for 50 files or more.",
)
@click.option("--no-jail", is_flag=True, help="Run the code UNISOLATED: for your own code on your own machine only.")
@click.pass_context
def grade(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    files: tuple[Path, ...],
    assignment: str,
    seed: int | None,
    networks: int | None,
    script: Path | None,
    jobs: int | None,
    *,
    as_json: bool,
    no_jail: bool,
) -> None:
    """Grade notebooks or Python files; a folder stands for all .ipynb and .py files in it and below."""
    found = submissions.found(files)
    if script is not None and len(found) > 1:
        message = f"--script takes a single submission, and {len(found)} were named"
        raise click.UsageError(message)
    if no_jail and (len(found) > 1 or files[0].is_dir()):
        # A file of that name in a folder of submissions, and a glob, would otherwise take the jail away.
        message = "--no-jail takes a single submission, your own; a file of that name is ./--no-jail"
        raise click.UsageError(message)
    if script is not None and not _ours(script):
        message = f"{script} is there already, and is no script of Backmark's; name another file after --script"
        raise click.UsageError(message)
    passed = commands.grade(
        found,
        commands.Choice(assignment, seed, networks, no_jail, jobs),
        machine.from_environment(),
        commands.Output(as_json=as_json, script=script),
    )
    ctx.exit(OUR_FAILURE if passed is None else PASSED if passed else NOT_ALL_PASSED)


def _ours(script: Path) -> bool:
    """Whether the file may be written: it is not there yet, or Backmark wrote it."""
    if not script.exists():
        return script.suffix != ".ipynb"
    with script.open("rb") as stream:
        return stream.read(11) == b"# Backmark:"


@main.command()
@assignment_option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def networks(assignment: str, *, as_json: bool) -> None:
    """Show what an assignment draws: corners, depths, widths, dead layers, inconclusive derivatives."""
    commands.networks(assignment, machine.from_environment(), as_json=as_json)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Check whether this machine can isolate submissions, by starting a real jail. Exit status 3 if it cannot."""
    ctx.exit(PASSED if commands.doctor(machine.from_environment(), as_json=as_json) else OUR_FAILURE)


@main.group()
def assignment() -> None:
    """Make and check assignments of your own."""


@assignment.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--right",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A right submission, which has to pass; needed if the function is not called backward_pass.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def check(ctx: click.Context, file: Path, right: Path | None, *, as_json: bool) -> None:
    """Try an assignment on the reference and on known mistakes; refuse it (status 1) if it lets one pass.

    An assignment that nobody can pass, that has no marks, or whose home shape is outside of its ranges is refused too.
    """
    sound = commands.check(str(file), right, machine.from_environment(), as_json=as_json)
    ctx.exit(PASSED if sound else NOT_ALL_PASSED)


@assignment.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: FILE with .npz.")
def draw(file: Path, output: Path | None) -> None:
    """Draw an assignment's networks and store them as data, with their finite differences."""
    commands.draw(file, output or file.with_suffix(".npz"))


@assignment.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--function", default="backward_pass", show_default=True, help="The function that students fill in.")
def template(file: Path, function: str) -> None:
    """Print the fingerprint of an unfilled notebook, for `templates` in an assignment."""
    commands.template(file, function, machine.from_environment())


if __name__ == "__main__":
    sys.exit(main())
