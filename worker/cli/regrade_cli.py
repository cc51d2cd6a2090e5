"""The command line of `backmark regrade`: previewed, looked at, applied or not, rolled back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from grader.settings import machine
from worker.cli import regrade_commands

OUTCOMES = ("passed", "failed", "error", "timeout", "memory", "output_limit", "crashed", "rejected")

Command = TypeVar("Command", bound=Callable[..., Any])

number = click.argument("number", metavar="ID")
wait_option = click.option("--wait/--no-wait", default=True, show_default=True, help="Wait until it is through.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask first.")
as_json_option = click.option("--json", "as_json", is_flag=True, help="As JSON, nothing else on standard output.")


class Moment(click.ParamType[datetime]):
    """A day, or a moment; of this machine's time zone unless it names one."""

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it, or say what one looks like."""
        try:
            return datetime.fromisoformat(str(value)).astimezone()
        except ValueError:
            self.fail(f"{value} is neither a day (2026-03-31) nor a moment (2026-03-31T12:00+02:00)", param, ctx)


@click.group(
    epilog="BACKMARK_URL names the server, BACKMARK_TOKEN says who you are: staff, for all of these. Exit status: 0"
    " done; 1 not done, because you said no; 2 wrong usage, or refused by the server; 3 no server, or a failure of its"
    " own."
)
def regrade() -> None:
    """Grade a course's submissions again: preview, report, then apply or not.

    A preview is graded beside the verdicts that hold, and changes nothing until it is applied.
    """


@regrade.command()
@click.option("--assignment", default="udl-7.2", show_default=True, metavar="ID")
@click.option("--revision", metavar="ID", help="Grade against this one; the current one unless told.")
@click.option("--outcome", "outcomes", multiple=True, type=click.Choice(OUTCOMES), help="Only these; several times.")
@click.option("--since", type=Moment(), metavar="DAY", help="Only what was handed in then or later.")
@click.option("--student", "students", multiple=True, metavar="NAME", help="Only theirs; may be given several times.")
@click.option(
    "--which",
    type=click.Choice(["all", "latest", "best"]),
    default="all",
    show_default=True,
    help="Of each student's submissions that were graded, or that Backmark failed to grade.",
)
@click.option("--fresh", is_flag=True, help="Grade anew also what an identical source has a verdict of.")
@wait_option
@as_json_option
@click.pass_context
def start(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    assignment: str,
    revision: str | None,
    outcomes: tuple[str, ...],
    since: datetime | None,
    students: tuple[str, ...],
    which: str,
    *,
    fresh: bool,
    wait: bool,
    as_json: bool,
) -> None:
    """Preview a regrade. Asked again for the same, it is the same one."""
    chosen = regrade_commands.Chosen(assignment, revision, outcomes, since, students, which, fresh)
    ctx.exit(regrade_commands.start(chosen, machine.from_environment(), wait=wait, as_json=as_json))


@regrade.command()
@click.argument("number", metavar="[ID]", required=False)
@click.option("--wait", is_flag=True, help="Wait until it is through.")
@as_json_option
@click.pass_context
def show(ctx: click.Context, number: str | None, *, wait: bool, as_json: bool) -> None:
    """Show a regrade; without an ID the course's regrades, newest first."""
    ctx.exit(regrade_commands.show(number, machine.from_environment(), wait=wait, as_json=as_json))


@regrade.command()
@number
@click.option(
    "--change",
    "changes",
    multiple=True,
    type=click.Choice(["up", "down", "same"]),
    help="Only these; may be given several times.",
)
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, safe to open in a spreadsheet.")
@as_json_option
@click.pass_context
def report(ctx: click.Context, number: str, changes: tuple[str, ...], *, as_csv: bool, as_json: bool) -> None:
    """Show who changes and why: before, after, newly failing properties."""
    if as_csv and as_json:
        message = "either --csv or --json"
        raise click.UsageError(message)
    ctx.exit(regrade_commands.report(number, changes, machine.from_environment(), as_csv=as_csv, as_json=as_json))


@regrade.command("apply")
@number
@click.option("--never-lower", is_flag=True, help="Only where nobody loses marks.")
@yes_option
@wait_option
@as_json_option
@click.pass_context
def apply_(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context, number: str, *, never_lower: bool, yes: bool, wait: bool, as_json: bool
) -> None:
    """Apply the previewed verdicts. Submissions that changed meanwhile are left as they are, and listed."""
    wish = regrade_commands.Wish(action="apply", never_lower=never_lower, yes=yes, wait=wait, as_json=as_json)
    ctx.exit(regrade_commands.do(number, wish, machine.from_environment()))


@regrade.command()
@number
@yes_option
@wait_option
@as_json_option
@click.pass_context
def rollback(ctx: click.Context, number: str, *, yes: bool, wait: bool, as_json: bool) -> None:
    """Let hold again what held before, wherever this regrade's verdict still does."""
    wish = regrade_commands.Wish(action="rollback", yes=yes, wait=wait, as_json=as_json)
    ctx.exit(regrade_commands.do(number, wish, machine.from_environment()))


@regrade.command()
@number
@as_json_option
@click.pass_context
def cancel(ctx: click.Context, number: str, *, as_json: bool) -> None:
    """Cancel a preview. What is graded already is kept for when it is resumed."""
    wish = regrade_commands.Wish(action="cancel", yes=True, wait=False, as_json=as_json)
    ctx.exit(regrade_commands.do(number, wish, machine.from_environment()))


@regrade.command()
@number
@wait_option
@as_json_option
@click.pass_context
def resume(ctx: click.Context, number: str, *, wait: bool, as_json: bool) -> None:
    """Go on where it was cancelled or failed, and try again what could not be graded."""
    wish = regrade_commands.Wish(action="resume", yes=True, wait=wait, as_json=as_json)
    ctx.exit(regrade_commands.do(number, wish, machine.from_environment()))
