"""`backmark course regrade`: grade a course's submissions again, in a preview that is applied or not."""

# ruff: noqa: PLC0415 - cold start: `backmark course --help` must not pay for rich

import json
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import click

from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.options import SERVER_VARIABLES, json_option, server_assignment_option
from backmark.worker.cli.remote import connect
from backmark.worker.cli.terminal import ProgressLine
from backmark.worker.cli.terminal import show as show_table

if TYPE_CHECKING:
    from rich.text import Text

    from backmark.grader.client import Client, Comparison, Regrade
    from backmark.grader.model.regrades import RegradeCounts, VerdictBrief

#: The outcomes of a submission and the selections that the server knows: the client has no store to ask.
OUTCOMES = ("passed", "failed", "error", "timeout", "memory", "output_limit", "crashed", "rejected")
SELECTIONS = ("all", "latest", "best")

COLOURS = {"up": "green", "down": "red", "same": "dim", None: "yellow"}

number_argument = click.argument("number", metavar="ID")
wait_option = click.option(
    "--wait/--no-wait", default=True, show_default=True, help="Wait until the server is done, or return at once."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")


class MomentType(click.ParamType[datetime]):
    """The type of an option that holds a day or a moment, of this machine's time zone unless it names one."""

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the moment, or fail with an example of one."""
        try:
            return datetime.fromisoformat(str(value)).astimezone()
        except ValueError:
            self.fail(f"{value} is neither a day (2026-03-31) nor a moment (2026-03-31T12:00+02:00)", param, ctx)


@click.group(
    epilog=f"{SERVER_VARIABLES} The command needs a token of the course's staff.\n\nExit status: 0 done; 1 not done,"
    " because you answered no; 2 wrong usage, or refused by the server; 3 no server, or a failure of the service."
)
def regrade() -> None:
    """Grade a course's submissions again: preview, compare, apply.

    `start` grades past submissions again and shows how marks would change. No verdict changes until you `apply` the
    preview, and `rollback` undoes that.
    """


@regrade.command()
@server_assignment_option
@click.option("--revision", metavar="ID", show_default="the current one", help="The revision to grade by.")
@click.option(
    "--outcome",
    "outcomes",
    multiple=True,
    type=click.Choice(OUTCOMES),
    show_default="all",
    help="Only submissions with this outcome. May be repeated.",
)
@click.option(
    "--since", type=MomentType(), metavar="DAY", show_default="all", help="Only submissions made on this day or later."
)
@click.option(
    "--student",
    "students",
    multiple=True,
    metavar="NAME",
    show_default="all",
    help="Only submissions of this student. May be repeated.",
)
@click.option(
    "--which",
    type=click.Choice(SELECTIONS),
    default="all",
    show_default=True,
    help="Which submissions of each student: all, the latest or the best. Submissions that Backmark failed to grade are"
    " among them.",
)
@click.option("--fresh", is_flag=True, help="Grade every file again, even if an identical file has a verdict already.")
@wait_option
@json_option
def start(  # noqa: PLR0913 - one parameter for each option
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
) -> ExitStatus:
    """Preview a regrade: grade again, and change nothing yet.

    If the same preview exists already, the command shows that one.
    """
    with connect() as client:
        preview = client.regrades.start(
            assignment,
            revision=revision,
            outcomes=outcomes,
            since=since,
            students=students,
            which=which,
            fresh=fresh,
        )
        return _follow(client, preview, wait=wait, as_json=as_json)


@regrade.command()
@click.argument("number", metavar="[ID]", required=False)
@click.option("--wait", is_flag=True, help="With an ID: wait until the server is done with the regrade.")
@json_option
def show(number: str | None, *, wait: bool, as_json: bool) -> ExitStatus:
    """Show a regrade; without an ID, list those of the course."""
    with connect() as client:
        if number is not None:
            return _follow(client, client.regrades.get(number), wait=wait, as_json=as_json)
        for listed in client.regrades.list():
            click.echo(json.dumps(listed.body) if as_json else _format_headline(listed))
    return ExitStatus.SUCCESS


@regrade.command()
@number_argument
@click.option(
    "--change",
    "changes",
    multiple=True,
    type=click.Choice(["up", "down", "same"]),
    show_default="all",
    help="Only submissions whose marks change like this. May be repeated.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV that is safe to open in a spreadsheet.")
@json_option
def report(number: str, changes: tuple[str, ...], *, as_csv: bool, as_json: bool) -> None:
    """Show whose marks would change, and why.

    For each submission: the marks before and after, and the rows that fail now and passed before.
    """
    if as_csv and as_json:
        message = "--csv and --json cannot be combined; choose one"
        raise click.UsageError(message)
    with connect() as client:
        if as_csv:
            click.echo(client.regrades.table(number, changes=changes), nl=False)
            return
        comparisons = client.regrades.report(number, changes=changes)
        if as_json:
            for comparison in comparisons:
                click.echo(json.dumps(comparison.body))
            return
        counts = client.regrades.get(number).counts
        _print_table(comparisons)
    click.echo(_format_counts(counts))


@regrade.command("apply")
@number_argument
@click.option("--never-lower", is_flag=True, help="Skip verdicts that would lower a student's marks.")
@yes_option
@wait_option
@json_option
def apply_regrade(number: str, *, never_lower: bool, yes: bool, wait: bool, as_json: bool) -> ExitStatus:
    """Replace current verdicts with those of a preview.

    A submission whose verdict changed since the preview keeps it, and is listed.
    """
    with connect() as client:
        if not yes:
            preview = client.regrades.get(number)
            lowered = "nobody" if never_lower else preview.counts.down
            _confirm(preview, f"Apply this regrade ({preview.counts.up} up, {lowered} down)?")
        return _follow(client, client.regrades.apply(number, never_lower=never_lower), wait=wait, as_json=as_json)


@regrade.command()
@number_argument
@yes_option
@wait_option
@json_option
def rollback(number: str, *, yes: bool, wait: bool, as_json: bool) -> ExitStatus:
    """Undo a regrade: restore the verdicts from before it.

    A verdict that has replaced the regrade's since then stays.
    """
    with connect() as client:
        if not yes:
            applied = client.regrades.get(number)
            _confirm(applied, f"Roll back the verdicts of {applied.counts.applied} submissions?")
        return _follow(client, client.regrades.roll_back(number), wait=wait, as_json=as_json)


@regrade.command()
@number_argument
@json_option
def cancel(number: str, *, as_json: bool) -> ExitStatus:
    """Cancel a preview.

    The verdicts that it has so far are kept for `resume`.
    """
    with connect() as client:
        return _follow(client, client.regrades.cancel(number), wait=False, as_json=as_json)


@regrade.command()
@number_argument
@wait_option
@json_option
def resume(number: str, *, wait: bool, as_json: bool) -> ExitStatus:
    """Continue a regrade that was cancelled or that failed.

    Submissions that could not be graded are tried again.
    """
    with connect() as client:
        return _follow(client, client.regrades.resume(number), wait=wait, as_json=as_json)


def _confirm(current: "Regrade", question: str) -> None:
    """Ask at the terminal; exit with status 1 if the answer is no, raise UsageError if nobody can be asked."""
    if not sys.stdin.isatty():
        message = "this needs confirmation, and standard input is not a terminal; add --yes to confirm"
        raise click.UsageError(message)
    click.echo(f"{_format_headline(current)}\n{_format_counts(current.counts)}", err=True)
    if not click.confirm(question, err=True):
        click.echo("backmark: nothing was changed", err=True)
        raise click.exceptions.Exit(ExitStatus.NOT_PASSED)


def _follow(client: "Client", current: "Regrade", *, wait: bool, as_json: bool) -> ExitStatus:
    """Print a regrade, after waiting for it with a bar if `wait`; return the exit status."""
    if wait and not current.at_rest:
        with ProgressLine(None) as progress:
            for current in client.regrades.watch(current.id):  # noqa: B020, PLR1704 - the same regrade, a moment later
                progress.update(format_progress(current), current.done, current.total)
    if as_json:
        click.echo(json.dumps(current.body))
    else:
        click.echo(_format_headline(current))
        click.echo(_format_counts(current.counts))
        if current.actions:
            click.echo(
                "  ".join(f"backmark course regrade {action} {current.id}" for action in ("report", *current.actions))
            )
    return ExitStatus.FAILURE if current.phase == "failed" else ExitStatus.SUCCESS


def format_progress(current: "Regrade") -> str:
    """Return what a regrade is at: how many are selected so far, or the time that is left."""
    if current.total is None:
        counts = current.counts
        return (
            f"{_format_word(current.phase)}, {counts.sources} sources of {counts.submissions} submissions chosen so far"
        )
    remaining = "" if current.eta_seconds is None else f", {current.eta_seconds:.0f} s left"
    return f"{_format_word(current.phase)}{remaining}"


def _format_word(word: str) -> str:
    return word.replace("_", " ")


def _format_headline(current: "Regrade") -> str:
    reason = f": {current.failure}" if current.failure else ""
    identity = f"{current.id}  {current.assignment}, revision {current.revision}"
    return f"{identity}  {_format_word(current.phase)}{reason}"


def _format_counts(counts: "RegradeCounts") -> str:
    """Return how many submissions change, and every other count that is not zero."""
    parts = [f"{counts.submissions} submissions, {counts.sources} sources: {counts.up} up, {counts.down} down"]
    parts.append(f"{counts.same} the same")
    others = {
        "could not be graded": counts.could_not_be_graded,
        "applied": counts.applied,
        "skipped": counts.skipped,
        "rolled back": counts.rolled_back,
        "not rolled back": counts.left,
    }
    parts += [f"{count} {words}" for words, count in others.items() if count]
    failing = [f"{name} {count}" for name, count in sorted(counts.newly_failing.items())]
    return ", ".join(parts) + (f"; newly failing: {', '.join(failing)}" if failing else "")


def _print_table(comparisons: "Iterable[Comparison]") -> None:
    from rich.table import Table
    from rich.text import Text

    from backmark.grader.reports.plaintext import plain

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("student", "file", "", "before", "after", "newly failing", "status"):
        table.add_column(heading, overflow="fold")
    for comparison in comparisons:
        reason = f": {_format_word(comparison.reason)}" if comparison.reason else ""
        table.add_row(
            plain(comparison.student),
            plain(comparison.filename),
            Text(comparison.change or "", style=COLOURS[comparison.change]),
            Text("no verdict") if comparison.before is None else _format_marks(comparison.before),
            _format_marks(comparison.after),
            " ".join(comparison.newly_failing),
            f"{_format_word(comparison.status)}{reason}",
        )
    show_table(table, wide=True)


def _format_marks(standing: "VerdictBrief | None") -> "Text":
    from rich.text import Text

    if standing is None or standing.score is None:
        return Text("" if standing is None else standing.outcome)
    return Text(f"{standing.outcome} {standing.score}/{standing.max_score}")
