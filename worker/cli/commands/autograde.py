"""`backmark autograde`: grade a submission where a platform has put it, and write what the platform reads."""

# ruff: noqa: PLC0415 - cold start: `backmark --help` must not pay for NumPy and pydantic

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backmark.grader.support.writing import write_whole
from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.options import assignment_option
from backmark.worker.cli.secrets_file import read_secret, secret_option

if TYPE_CHECKING:
    from backmark.grader.reports.classroom50 import Classroom
    from backmark.worker.cli.autograding import Autograded

#: Bytes that a submission may use in Gradescope's smallest container, which has 768 MB for the grader, too.
_GRADESCOPE_MEMORY = 512 << 20
#: Seconds after which we give up: Gradescope's own limit is ten minutes by default, and a zero.
_GRADESCOPE_SECONDS = 540
#: The Markdown that a Classroom 50 runner publishes as the submission's release, and puts into the job's summary.
_RELEASE_BODY = "release-body.md"
#: The variables that a Classroom 50 runner sets, by the members of its result.
_CLASSROOM = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "owner": "OWNER",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
}


@click.group()
def autograde() -> None:
    """Grade one submission for Gradescope or a GitHub workflow.

    The command grades the submission where the platform put it, and writes the verdict in the platform's own form. A
    student sees what the assignment's feedback allows at that attempt. If Backmark itself fails, the
    command writes nothing, because the platform would take anything written for a mark, and exits with status 3.
    """


@autograde.command()
@assignment_option
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default="/autograder",
    show_default=True,
    help="Gradescope's folder, which holds submission, submission_metadata.json and results.",
)
def gradescope(assignment: str, root: Path) -> ExitStatus:
    """Grade the submission of a Gradescope container.

    Gradescope runs this command by the ZIP file that `backmark assignment export gradescope` wrote, and reads
    results/results.json. Where no jail is possible, as in Gradescope's own containers, the submission runs in a
    confined process, which is weaker isolation; `extra_data` in results.json says so.

    Exit status: 0 graded, whatever the outcome; 2 wrong usage; 3 Backmark itself failed.
    """
    from backmark.grader.reports import gradescope as form
    from backmark.worker.cli.autograding import AutogradeRequest, autograde

    metadata = _read_metadata(root / "submission_metadata.json")
    target = root / "results" / "results.json"
    # An earlier run's would pass for this one's if it failed.
    target.unlink(missing_ok=True)
    graded = autograde(
        AutogradeRequest(
            root / "submission",
            root / "submission",
            assignment,
            _count_attempt(metadata),
            id=str(metadata.get("id") or ""),
            memory=_GRADESCOPE_MEMORY,
            seconds=_GRADESCOPE_SECONDS,
        )
    )
    target.parent.mkdir(exist_ok=True)
    # Whoever reads it for Gradescope need not be its owner, and nobody else may change it.
    with write_whole(target, mode=0o644) as stream:
        stream.write(form.render(graded.record, graded.shown, graded.isolation.sentence))
    click.echo(f"backmark: {graded.shown.outcome}, {graded.shown.score} of {graded.shown.max_score} marks")
    return ExitStatus.SUCCESS


@autograde.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@assignment_option
@click.option(
    "--attempt",
    type=click.IntRange(min=1),
    metavar="N",
    show_default="not counted",
    help="The number of the student's attempt. An assignment may show more at later attempts.",
)
@click.option(
    "--junit",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the rows to this file, as JUnit XML.",
)
@click.option(
    "--classroom50",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the verdict to this file, as a Classroom 50 runner reads it, such as result.json; and beside it"
    " the text of the submission's release, release-body.md, which the runner puts into the job's summary.",
)
@secret_option
def github(  # noqa: PLR0913 - one parameter for each option
    file: Path,
    assignment: str,
    attempt: int | None,
    junit: Path | None,
    classroom50: Path | None,
    secret: Path | None,
) -> ExitStatus:
    """Grade a file of a repository in a GitHub workflow.

    The command prints annotations on the lines to change, and appends to the job's summary (GITHUB_STEP_SUMMARY) and
    outputs (GITHUB_OUTPUT: outcome, score, max_score, isolation). Where no jail is possible, the submission runs in a
    confined process if the job runs as root; otherwise the command says what to do.

    Exit status: 0 passed; 1 not passed; 2 wrong usage; 3 Backmark itself failed.
    """
    from backmark.grader.reports import annotations, markdown
    from backmark.grader.reports import classroom50 as classroom_form
    from backmark.grader.reports import junit as junit_form
    from backmark.worker.cli.autograding import AutogradeRequest, autograde

    classroom = None if classroom50 is None else _read_classroom()
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
    secret_text = None if secret is None else read_secret(secret)
    student = os.environ.get("GITHUB_ACTOR", "")
    graded = autograde(AutogradeRequest(file, workspace, assignment, attempt, student=student, secret=secret_text))
    graded = _name_by_repository(graded, file, workspace)
    record, shown, isolation = graded.record, graded.shown, graded.isolation
    # Nothing else of a verdict is printed here: a line that a student wrote could command the runner.
    click.echo(f"backmark: {shown.outcome}, {shown.score} of {shown.max_score} marks")
    if isolation.sentence:
        click.echo(annotations.warn("Isolation", isolation.sentence))
    click.echo(annotations.render(record, shown, graded.source), nl=False)
    explained = markdown.render(record, shown)
    kind = "confined" if isolation.sentence else "jail"
    outputs = f"outcome={shown.outcome}\nscore={shown.score}\nmax_score={shown.max_score}\nisolation={kind}\n"
    _append("GITHUB_OUTPUT", outputs.encode())
    if junit is not None:
        junit.write_bytes(junit_form.render(record, shown))
    if classroom50 is not None and classroom is not None:
        classroom50.write_bytes(classroom_form.render(record, shown, classroom))
        classroom50.with_name(_RELEASE_BODY).write_bytes(explained)
    else:
        _append("GITHUB_STEP_SUMMARY", explained)
    return ExitStatus.SUCCESS if shown.outcome == "passed" else ExitStatus.NOT_PASSED


def _read_metadata(file: Path) -> dict[str, Any]:
    """Return what Gradescope says of the submission; nothing if it says nothing."""
    try:
        metadata = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return metadata if isinstance(metadata, dict) else {}


def _count_attempt(metadata: dict[str, Any]) -> int:
    """Return the number of this attempt: submissions on which an autograder failed are none."""
    previous = metadata.get("previous_submissions")
    earlier = previous if isinstance(previous, list) else []
    return 1 + sum(not (isinstance(one, dict) and one.get("autograder_error")) for one in earlier)


def _read_classroom() -> "Classroom":
    """Return a Classroom 50 runner's facts; raise UsageError where it has not set them."""
    from backmark.grader.reports.classroom50 import Classroom

    facts = {name: os.environ.get(variable, "") for name, variable in _CLASSROOM.items()}
    facts["owner"] = facts["owner"] or os.environ.get("USERNAME", "")
    if missing := [_CLASSROOM[name] for name, value in facts.items() if not value]:
        message = f"--classroom50 works in the autograder of a Classroom 50 runner only: {', '.join(missing)} not set"
        raise click.UsageError(message)
    review = os.environ.get("REVIEW_URL") or facts["commit"]
    return Classroom(**facts, assignment_type=os.environ.get("ASSIGNMENT_TYPE") or "individual", review=review)


def _name_by_repository(graded: "Autograded", file: Path, workspace: Path) -> "Autograded":
    """Return what was graded under its path in the repository, by which annotations find it."""
    from dataclasses import replace

    path = file.resolve()
    if not path.is_relative_to(workspace.resolve()):
        return graded
    name = path.relative_to(workspace.resolve()).as_posix()
    return replace(graded, record=replace(graded.record, filename=name))


def _append(variable: str, data: bytes) -> None:
    """Append to the file that a runner names; do nothing where there is no runner."""
    if name := os.environ.get(variable):
        with Path(name).open("ab") as stream:
            stream.write(data)
