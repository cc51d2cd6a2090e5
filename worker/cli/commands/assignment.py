"""`backmark assignment`: check, draw and publish assignments of your own."""

# ruff: noqa: PLC0415 - cold start: `backmark --help` must not pay for NumPy and pydantic

import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backmark.grader.errors import ServiceError
from backmark.grader.settings import machine
from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.files import check_empty, read_submission, write_folder
from backmark.worker.cli.options import (
    SERVER_VARIABLES,
    assignment_argument,
    json_option,
    no_jail_option,
    timeout_option,
    warn_unisolated,
)
from backmark.worker.cli.terminal import show_files
from backmark.worker.sandbox import policy
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.session import Session
from backmark.worker.sandbox.single import SingleJail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backmark.grader.contracts.judging.proven_statement import ProvenStatement
    from backmark.grader.contracts.judging.revision import ContractRevision
    from backmark.grader.contracts.publishing.selfcheck import SelfCheck
    from backmark.grader.model.verdict import Property


#: Uncaught edits that are printed.
_MOST_UNCAUGHT = 20


@click.group()
def assignment() -> None:
    """Check, draw and publish assignments of your own."""


@assignment.command()
@assignment_argument
@click.option(
    "--right",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A right submission, which must pass, such as another solution.",
)
@no_jail_option
@json_option
def check(file: Path, right: Path | None, *, no_jail: bool, as_json: bool) -> ExitStatus:
    """Test an assignment on the reference and on known mistakes.

    It is refused (status 1) if it lets a mistake pass, if its solution does not pass, or if its marks can be had for
    nothing. If its solution has rows, a table shows how many single edits of each of their statements the cases catch.
    """
    from backmark.grader.contracts.publishing.selfcheck import selfcheck
    from backmark.worker.grading.revisions import revision

    if no_jail:
        warn_unisolated()
    with show_files(file.name) as watch:
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
        click.echo(f"No case tells {place} as `{text}` from the right one.")
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
        click.echo(f"Refused: these known-wrong implementations would pass: {names}.")
        from backmark.worker.cli.advice import find_advice

        with show_files(name) as watch:
            advice = find_advice(drawn.assignment, len(result.missed), watch, jailed=jailed)
        if advice:
            click.echo(advice)
    for warning in result.warnings:
        click.echo(f"Warning: {warning}.")
    if result.sound:
        click.echo("Sound: every known mistake is caught.")


@assignment.command()
@assignment_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; by default FILE with the suffix .npz, or a folder's name with it.",
)
def draw(file: Path, output: Path | None) -> None:
    """Draw an assignment's cases and store them as data. What is expected of them is stored, too."""
    from backmark.grader.contracts.judging.revision import load
    from backmark.grader.contracts.language.reading import read
    from backmark.worker.grading.revisions import draw as draw_cases
    from backmark.worker.grading.revisions import place_beside, save

    with show_files(file.name) as watch:
        data = draw_cases(read(file), watch)
    target = output or place_beside(file)
    save(target, data)
    drawn = load(data, str(target))
    click.echo(f"{target}: {len(drawn.cases)} cases, revision {drawn.id}")


@assignment.command(epilog=SERVER_VARIABLES)
@assignment_argument
@click.option(
    "--fresh",
    type=click.IntRange(min=0),
    help="Cases from a secret pool, others for each group of students; a fifth by default, 0 for none.",
)
@timeout_option
def publish(file: Path, fresh: int | None, timeout: float | None) -> ExitStatus:
    """Publish an assignment, a file or a folder, on a server.

    A worker draws its cases and tests them. Exit status: 0 published; 1 refused, with the reason; 2 wrong usage, or
    refused by the server; 3 no server, a failure of the service, or --timeout reached.
    """
    from backmark.grader.contracts.language.reading import read_text
    from backmark.worker.cli.remote import connect, wait_for_publication

    text = read_text(file)
    with connect() as client:
        publication = wait_for_publication(client, client.publish(text, fresh=fresh), timeout)
    if publication.revision is not None:
        click.echo(f"{publication.assignment}: published as revision {publication.revision}")
        return ExitStatus.SUCCESS
    if publication.refusal is not None:
        click.echo(f"Refused: {publication.refusal.rstrip('.')}.")
        return ExitStatus.NOT_PASSED
    message = f"{publication.assignment} could not be published: {publication.failure}"
    raise ServiceError(message)


@assignment.command()
@click.argument("file", metavar="OLD.toml", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write, which must not exist yet or be empty; by default OLD, without its suffix.",
)
def convert(file: Path, folder: Path | None) -> None:
    """Write the contract of an assignment in layers.

    OLD.toml has the choices of a layered assignment, such as `activation` and `ranges`; a file with its stored settings
    in JSON is taken as well. The folder keeps the ID, the rows and their marks: publish it to give the assignment a new
    revision. A sentence on standard error names each setting that does not fit, and why. Exit status: 0 written; 2
    wrong usage, or a file that is no layered assignment.
    """
    from backmark.grader.contracts.gallery import find_layered
    from backmark.grader.contracts.language.folder import NAME, join
    from backmark.grader.contracts.language.reading import parse, read_text

    # What converts is installed with the texts that it fills in.
    find_layered()
    from backmark.worker.cli.conversion.folder import convert as write_contract
    from backmark.worker.cli.conversion.layered import read as read_layered

    folder = folder or file.with_suffix("")
    check_empty(folder)
    converted = write_contract(read_layered(read_text(file), str(file)))
    files = dict(converted.files)
    # What is written can be read: a name that a contract has for something else is refused before there is a folder.
    parse(join(files.pop(NAME), files), f"{file}, as a contract")
    write_folder(folder, converted.files)
    for note in converted.notes:
        click.echo(f"{file}: {note}.", err=True)
    click.echo(f"Next: backmark assignment check {folder}")


@assignment.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--function",
    "functions",
    multiple=True,
    default=("backward_pass",),
    show_default=True,
    help="A function or class that students fill in; once for each that the assignment calls.",
)
def template(file: Path, functions: tuple[str, ...]) -> None:
    """Print the fingerprint of an unfilled notebook. It goes into `templates` in an assignment."""
    launch = policy.plan_jailed(machine.from_environment().bwrap)
    # Parsed in a jail, like any other submission.
    with Session(SingleJail(launch), policy.JailLimits(2.0, 10.0, 1 << 30, 1 << 16)) as session:
        click.echo(
            session.extract(
                read_submission(file), file.name, Entry(functions[0], functions[1:], classes=True)
            ).fingerprint
        )
