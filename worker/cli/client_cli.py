"""The commands that talk to a server: `backmark submit`, `status` and `retry`."""

from pathlib import Path

import click

from grader.settings import machine
from worker.cli import client_commands
from worker.cli.files import found

WHERE = """BACKMARK_URL names the server, BACKMARK_TOKEN says who you are."""

as_json_option = click.option("--json", "as_json", is_flag=True, help="As JSON, nothing else on standard output.")
timeout_option = click.option(
    "--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait no longer than that (status 3)."
)


@click.command(epilog=WHERE)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--assignment", default="udl-7.2", show_default=True, metavar="ID", help="What the server knows it by.")
@click.option("--student", metavar="NAME", help="Whose file it is; the file's own name unless told.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait for the verdicts, or print the ids.")
@timeout_option
@as_json_option
@click.pass_context
def submit(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    files: tuple[Path, ...],
    assignment: str,
    student: str | None,
    timeout: float | None,
    *,
    wait: bool,
    as_json: bool,
) -> None:
    """Submit notebooks or Python files to a server, and show its verdicts.

    A folder stands for all .ipynb and .py files in it and below. Exit status: 0 all passed (or all submitted, with
    --no-wait); 1 not all passed; 2 wrong usage, or refused by the server; 3 no server, a failure of its own, or
    --timeout came first.
    """
    asked = client_commands.Asked(assignment, student, timeout, wait=wait, as_json=as_json)
    ctx.exit(client_commands.submit(found(files), asked, machine.from_environment()))


@click.command(epilog=WHERE)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--wait", is_flag=True, help="Wait until each is at its end.")
@timeout_option
@as_json_option
@click.pass_context
def status(ctx: click.Context, ids: tuple[str, ...], timeout: float | None, *, wait: bool, as_json: bool) -> None:
    """Show submissions as they stand: a place in the queue, or a verdict.

    Exit status: 0 all passed; 1 not all passed, or not yet; 2 wrong usage, or no such submission; 3 no server, a
    failure of its own, or --timeout came first.
    """
    settings = machine.from_environment()
    ctx.exit(client_commands.status(ids, settings, timeout=timeout, wait=wait, as_json=as_json))


@click.command(epilog=WHERE)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="All of the course that ended so.")
@click.option("--assignment", metavar="ID", help="With --all: only for this assignment.")
@click.option("--wait/--no-wait", default=False, show_default=True, help="Wait for the verdicts, or print the ids.")
@timeout_option
@as_json_option
@click.pass_context
def retry(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    ids: tuple[str, ...],
    assignment: str | None,
    timeout: float | None,
    *,
    everything: bool,
    wait: bool,
    as_json: bool,
) -> None:
    """Grade submissions again that ended as service_failed, which is never the student's fault. For staff.

    Each keeps its id and its attempt. One that waits, runs or is done already stays as it is. Exit status: 0 they wait
    again (with --wait: all passed); 1 not all passed; 2 wrong usage, or refused by the server; 3 no server, a failure
    of its own, or --timeout came first.
    """
    if bool(ids) == everything:
        message = "name the submissions by their ids, or give --all"
        raise click.UsageError(message)
    if assignment is not None and not everything:
        message = "--assignment goes with --all"
        raise click.UsageError(message)
    settings = machine.from_environment()
    chosen = ids or client_commands.All(assignment)
    ctx.exit(client_commands.retry(chosen, settings, timeout=timeout, wait=wait, as_json=as_json))
