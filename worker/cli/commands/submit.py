"""`backmark submit`: submit files to a server and show its verdicts."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.files import find_submissions, list_names, read_submission, sent_name
from backmark.worker.cli.options import SERVER_VARIABLES, files_argument, server_assignment_option, timeout_option
from backmark.worker.cli.remote import connect, follow
from backmark.worker.cli.terminal import ProgressLine

if TYPE_CHECKING:
    from backmark.grader.client import Client


@click.command(epilog=SERVER_VARIABLES)
@files_argument
@server_assignment_option
@click.option(
    "--student",
    metavar="NAME",
    show_default="the file's name",
    help="The student who submits; give one file only.",
)
@click.option(
    "--wait/--no-wait", default=True, show_default=True, help="Wait for the verdicts, or print the IDs at once."
)
@timeout_option
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per line on standard output, and nothing else."
)
def submit(  # noqa: PLR0913 - one parameter for each option
    files: tuple[Path, ...],
    assignment: str,
    student: str | None,
    timeout: float | None,
    *,
    wait: bool,
    as_json: bool,
) -> ExitStatus:
    """Submit notebooks, Python files or packages to a server.

    Each verdict is shown as soon as the server has it. A folder stands for all .ipynb and .py files in it and below; if
    the assignment takes packages, see `backmark grade --help`.

    Exit status: 0 all passed (with --no-wait: all submitted); 1 not all passed; 2 wrong usage, or refused by the
    server; 3 no server, a failure of the service, or --timeout reached.
    """
    package = _find_package(assignment) if any(path.is_dir() for path in files) else ""
    submissions = find_submissions(files, package)
    names = list_names(submissions)
    students = _list_students(submissions, student)
    # The names by ID: a server keeps a file's name without its folders.
    accepted: dict[str, str] = {}
    refused = False
    with connect() as client, ProgressLine(len(submissions)) as progress:
        try:
            # All are submitted before the first verdict is waited for.
            for index, (file, name) in enumerate(zip(submissions, names, strict=True)):
                progress.update(f"submitting {name}", index)
                try:
                    accepted[_send(client, file, assignment, students[index])] = name
                except _RefusedFile as refusal:
                    # It does not keep back the others.
                    refused = True
                    with progress.hide():
                        click.echo(f"backmark: {name} was refused: {refusal}", err=True)
            if wait:
                status = follow(client, accepted, progress, timeout, as_json=as_json)
            else:
                status = ExitStatus.SUCCESS
                with progress.hide():
                    _print_accepted(client, accepted, as_json=as_json)
        except BaseException:
            _print_reminder(accepted)
            raise
    return ExitStatus.REFUSED if refused and status != ExitStatus.FAILURE else status


def _list_students(files: Sequence[Path], student: str | None) -> list[str]:
    """Return each file's student: the one given, else the file's name, with its folders if two are the same."""
    if student is not None:
        if len(files) > 1:
            message = (
                "--student takes a single file, because only a student's last submission is graded; submit one file"
            )
            raise click.UsageError(message)
        return [student]
    stems = [_stem(file, whole=False) for file in files]
    if len(set(stems)) < len(stems):
        stems = [_stem(file, whole=True) for file in files]
    # Only characters that need no escape in an address.
    students = [re.sub(r"[^A-Za-z0-9._@+:=~-]+", "_", stem).strip("_.-") or "_" for stem in stems]
    if len(set(students)) < len(students):
        shared = next(name for name in students if students.count(name) > 1)
        message = (
            f"two of the files have the name of the same student ({shared}); rename one, or submit each with --student"
        )
        raise click.UsageError(message)
    return students


def _stem(file: Path, *, whole: bool) -> str:
    """Return a file's name without its ending, or all of a folder's; `whole`: with the folders that it lies in."""
    if file.is_dir():
        return file.as_posix() if whole else file.resolve().name
    return file.with_suffix("").as_posix() if whole else file.stem


def _find_package(assignment: str) -> str:
    """Return the path of the graded file in a package; empty if the assignment takes none, or if we may not ask."""
    from backmark.grader.client.problems import Forbidden  # noqa: PLC0415 - cold start: an HTTP client

    with connect() as client:
        try:
            settings = {record.id: record.revision.settings for record in client.assignments()}
        except Forbidden:
            # A token that may submit and not read: files are submitted as they are.
            return ""
    return str(settings.get(assignment, {}).get("package", ""))


class _RefusedFile(Exception):
    """A file that the server refused; the text is the server's reason."""


def _send(client: "Client", file: Path, assignment: str, student: str) -> str:
    """Submit a file and return its ID; raise _RefusedFile if it is refused, UsageError if the assignment is unknown."""
    from backmark.grader.client.problems import Forbidden, Invalid, NotFound  # noqa: PLC0415 - cold start: an HTTP client

    try:
        return client.submit(read_submission(file), assignment=assignment, student=student, filename=sent_name(file)).id
    except (Invalid, NotFound) as error:
        try:
            known = sorted(record.id for record in client.assignments())
        except Forbidden:
            # A token that may submit and not read: the server's reason is all that there is.
            raise _RefusedFile(str(error)) from error
        if assignment not in known:
            message = f"the server has no assignment {assignment!r}; it has {', '.join(known) or 'none'}"
            raise click.UsageError(message) from error
        raise _RefusedFile(str(error)) from error


def _print_accepted(client: "Client", accepted: Mapping[str, str], *, as_json: bool) -> None:
    for number, name in accepted.items():
        click.echo(json.dumps(client.submission(number).body) if as_json else f"{number}  {name}")


def _print_reminder(accepted: Mapping[str, str]) -> None:
    """Print the IDs that were accepted already: they are graded, whether anybody waits for them or not."""
    if accepted:
        ids = " ".join(accepted)
        click.echo(
            f"backmark: the server grades what was submitted so far; to see the verdicts: backmark status {ids}",
            err=True,
        )
