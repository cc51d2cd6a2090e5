"""`backmark assignment check`: an assignment, tested on its reference and on known mistakes."""

# ruff: noqa: PLC0415 - cold start: `backmark assignment --help` must not pay for NumPy and pydantic

import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backmark.grader.settings import machine
from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.files import read_submission
from backmark.worker.cli.options import assignment_argument, json_option, no_jail_option, warn_unisolated
from backmark.worker.cli.terminal import show_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backmark.grader.contracts.judging.proven_statement import ProvenStatement
    from backmark.grader.contracts.judging.revision import ContractRevision
    from backmark.grader.contracts.publishing.selfcheck import SelfCheck
    from backmark.grader.model.verdict import Property


#: Uncaught edits that are printed.
_MOST_UNCAUGHT = 20


@click.command()
@assignment_argument
@click.option(
    "--right",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    show_default="none",
    help="A submission that must pass, such as another correct solution.",
)
@no_jail_option
@json_option
def check(file: Path, right: Path | None, *, no_jail: bool, as_json: bool) -> ExitStatus:
    """Test an assignment on its reference and on known mistakes.

    The command refuses an assignment that lets a known mistake pass, whose own solution does not pass, or that gives
    marks for nothing. If the assignment's solution has rows, a table shows for each of their statements how many single
    edits the cases catch.

    Exit status: 0 sound; 1 refused, with the reasons; 2 wrong usage; 3 Backmark itself failed.
    """
    from backmark.grader.contracts.publishing.selfcheck import selfcheck
    from backmark.worker.grading.revisions import revision

    if no_jail:
        warn_unisolated()
    with show_files(file.resolve().name) as watch:
        drawn = revision(str(file), machine.from_environment().cache, watch, jailed=not no_jail)
    result = selfcheck(drawn)
    result = replace(result, faults=(*result.faults, *_try_right(drawn, right, jailed=not no_jail)))
    if as_json:
        _print_json(result)
    else:
        _print_result(result, drawn, file.name, jailed=not no_jail)
    return ExitStatus.SUCCESS if result.sound else ExitStatus.NOT_PASSED


def _try_right(drawn: "ContractRevision", right: Path | None, *, jailed: bool) -> list[str]:
    """Return the fault of an assignment that a submission does not pass that should be right, if one is named."""
    if right is None:
        return []
    from backmark.grader.contracts.judging.judge import Judge
    from backmark.worker.grading.grader import Grader
    from backmark.worker.grading.workshop import make_jails, make_unjailed

    with contextlib.closing(make_jails() if jailed else make_unjailed()) as jails:
        verdict = Grader(Judge(drawn), jails).grade(read_submission(right), right.name)
    if verdict.outcome == "passed":
        return []
    reason = verdict.error.message if verdict.error else _first_reason(verdict.properties)
    return [f"{right}, which should be right, does not pass ({verdict.outcome}): {reason.rstrip('.')}"]


def _first_reason(rows: "Sequence[Property]") -> str:
    """Return the message of the first row that lost marks, with its title; without one the first message."""
    lost = next((row for row in rows if row.message and row.score < row.max_score), None)
    return f"{lost.title}: {lost.message}" if lost else next((row.message for row in rows if row.message), "")


def _print_json(result: "SelfCheck") -> None:
    summary = {
        "sound": result.sound,
        "networks": result.cases,
        "inconclusive": result.inconclusive,
        "faults": result.faults,
        "warnings": result.warnings,
        "reference_rejected": result.reference_rejected,
        "mistakes": [
            {"id": catch.mistake.id, "title": catch.mistake.title, "networks": catch.cases} for catch in result.catches
        ],
        "statements": [statement.summary() for statement in result.statements],
    }
    click.echo(json.dumps(summary))


def _print_statements(statements: "Sequence[ProvenStatement]") -> None:
    """Print how many edits of each statement are caught, and those that are not."""
    if not statements:
        return
    rows = {id(statement): ", ".join(statement.rows) for statement in statements}
    width = max(len("row"), *map(len, rows.values()))
    file = ""
    for statement in statements:
        if statement.file != file:
            file = statement.file
            click.echo(f"Single edits of the statements of {file} that count for rows, and how many the cases catch:")
            click.echo(f" line  {'row':{width}}  edits  caught  by one case only")
        click.echo(
            f"{statement.line:5}  {rows[id(statement)]:{width}}  {statement.edits:5}  {statement.caught:6}"
            f"  {len(statement.narrow):16}"
        )
    uncaught = [(statement.file, *edit) for statement in statements for edit in statement.uncaught]
    for name, line, text in uncaught[:_MOST_UNCAUGHT]:
        place = f"line {line}" if name == statements[0].file else f"line {line} of {name}"
        click.echo(f"No case catches {place} changed to `{text}`.")
    if (more := len(uncaught) - _MOST_UNCAUGHT) > 0:
        click.echo(f"{more} more {'edit is' if more == 1 else 'edits are'} not caught: --json lists them.")


def _print_result(result: "SelfCheck", drawn: "ContractRevision", name: str, *, jailed: bool) -> None:
    click.echo(f"{result.cases} cases; the reference is rejected on {result.reference_rejected} of them.")
    for catch in result.catches:
        click.secho(f"{catch.cases:5} ", fg="green" if catch.cases else "red", nl=False)
        click.echo(f"{catch.mistake.title}" + ("" if catch.cases else "  <- would pass"))
    _print_statements(result.statements)
    if result.reference_rejected:
        click.echo("Refused: the reference itself is rejected. Please report this assignment.")
    for fault in result.faults:
        click.echo(f"Refused: {fault}.")
    if result.missed:
        names = ", ".join(mistake.id for mistake in result.missed)
        click.echo(f"Refused: submissions with these known mistakes would pass: {names}.")
        from backmark.worker.cli.advice import find_advice

        with show_files(name) as watch:
            advice = find_advice(drawn.assignment, len(result.missed), watch, jailed=jailed)
        if advice:
            click.echo(advice)
    for warning in result.warnings:
        click.echo(f"Warning: {warning}.")
    if result.sound:
        click.echo("Sound: every known mistake is caught.")
