"""Notes for a teacher whose class was graded: who has no mark, whose files are the same, who has several."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports import terminal
from backmark.grader.reports.plaintext import plain
from backmark.grader.reports.tally import TallyRow
from backmark.worker.cli.class_grading import GradedClass, GradedStudent, list_identical, name_student
from backmark.worker.cli.failure import GradingFailure
from backmark.worker.cli.files import write_name
from backmark.worker.cli.html_report import write_report
from backmark.worker.cli.marks_table import explain_student, write_marks
from backmark.worker.cli.terminal import show


def report_class(
    graded: GradedClass, csv_file: Path | None, html_folder: Path | None, *, as_json: bool, summary: bool
) -> list[TallyRow]:
    """Write the table and the pages of a class, print its summary, and return a row for each student.

    `summary` leaves out the line of each student; `as_json` prints nothing.
    """
    if csv_file is not None:
        write_marks(csv_file, graded)
    index = None if html_folder is None else write_report(html_folder, graded)
    rows = list_rows(graded.students)
    if not as_json:
        show(terminal.tally(rows) if summary else terminal.summary(rows))
        for note in list_notes(graded.students):
            click.echo(note)
    if csv_file is not None:
        click.echo(f"backmark: the marks are in {csv_file}", err=True)
    if index is not None:
        click.echo(f"backmark: the pages are in {index.parent}; open {index}", err=True)
    return rows


def list_rows(students: Sequence[GradedStudent]) -> list[TallyRow]:
    """Return a row for each student; who has no file that can be graded is not graded."""
    return [_row(name_student(student), student.verdict) for student in students]


def list_notes(students: Sequence[GradedStudent]) -> Iterator[str]:
    """Yield the lines about students who need a look."""
    ungraded = [student for student in students if not student.graded]
    if ungraded:
        yield f"Not graded, so without marks ({len(ungraded)}):"
        yield from (plain(f"  {name_student(student)}: {explain_student(student)}") for student in ungraded)
    if identical := list_identical(students):
        yield "Identical files:"
        yield from (plain(f"  {', '.join(map(name_student, group))}") for group in identical)
    several = [student for student in students if len(student.owner.files) > 1]
    if several:
        yield f"More than one file that can be graded ({len(several)}):"
        yield from (plain(f"  {name_student(student)}: {_describe_files(student)}") for student in several)


def _row(name: str, verdict: Verdict | GradingFailure | None) -> TallyRow:
    if verdict is None:
        return TallyRow(name, Outcome.REJECTED)
    return TallyRow(name, None) if isinstance(verdict, GradingFailure) else TallyRow.of(name, verdict)


def _describe_files(student: GradedStudent) -> str:
    counting = f"{write_name(student.file.own_name)} counts" if student.file else "none counts"
    return "; ".join([counting, *student.describe_others()])
