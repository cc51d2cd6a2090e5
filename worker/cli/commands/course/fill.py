"""`backmark course fill`: put marks into the table that the LMS exported."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backmark.grader.courses.gradebook import (
    FEEDBACK_COLUMN,
    TABLE_NAMES,
    ColumnNotChosen,
    FilledGradebook,
    Gradebook,
    GradebookStudent,
    Lms,
    MarkColumn,
    choose_column,
    fill,
    format_mark,
    read_gradebook,
)
from backmark.grader.courses.gradebook_table import GradebookError, NotEncodable
from backmark.grader.reports.plaintext import plain
from backmark.grader.support.writing import write_whole
from backmark.worker.cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from backmark.worker.cli.marks_table import ClassMarks, MarkRow

#: The name of the student that Canvas makes for staff to try an assignment, in the files of a download.
_TEST_STUDENT = "studenttest"
#: Bytes of the largest table that is read: ten thousand students with a hundred columns.
LARGEST_TABLE = 32 << 20

_IMPORT = {
    Lms.CANVAS: "Import it in Canvas: Grades, Import.",
    Lms.MOODLE: "Upload it in Moodle: the assignment's submissions, Actions, Upload grading worksheet.",
}


@click.command("fill")
@click.argument("marks_file", metavar="MARKS.csv", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--into",
    required=True,
    metavar="EXPORTED.csv",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The table that the LMS exported: a Canvas gradebook, or a Moodle grading worksheet.",
)
@click.option(
    "--column",
    metavar="NAME",
    show_default="the table's only column for marks",
    help="The column to fill: its header, title or number.",
)
@click.option(
    "--feedback-column",
    metavar="NAME",
    show_default=f"{FEEDBACK_COLUMN}, if the table has it",
    help='The header of the Moodle column to fill with feedback for students. "" fills none.',
)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    show_default="EXPORTED-filled.csv",
    help="The file to write the filled table to. It may be EXPORTED.csv itself.",
)
def fill_table(
    marks_file: Path, into: Path, column: str | None, feedback_column: str | None, output: Path | None
) -> ExitStatus:
    """Put marks into the table that the LMS exported.

    MARKS.csv is the table that `backmark grade --csv` wrote for a Canvas or Moodle download. The command finds each
    student's row by the LMS's ID alone, and scales marks to the maximum of the column. In a Moodle table with a column
    for feedback, each student with a mark also gets as much of the verdict as the assignment shows students. No other
    cell changes.

    Exit status: 0 every mark is in the table; 1 some marks are not, and are listed; 2 wrong usage.
    """
    from backmark.worker.cli.marks_table import read_marks  # noqa: PLC0415 - cold start

    table = read_marks(marks_file)
    target = output or into.with_name(f"{into.stem}-filled{into.suffix}")
    if output is None and target.exists():
        message = f"{target} exists already; to replace it, add --output {target}"
        raise click.UsageError(message)
    try:
        gradebook = _read_gradebook(into)
        _check_source(table, gradebook, marks_file, into)
        table, left_out = _leave_out_test_student(_tell_apart(table, gradebook), gradebook)
        mark_column = choose_column(gradebook, column)
        filled = fill(
            gradebook,
            mark_column,
            {row.id: row.share for row in table.rows if row.id and row.share is not None},
            # Moodle keeps feedback as HTML.
            {row.id: escape(row.feedback, quote=False) for row in table.rows},
            _find_feedback(gradebook, mark_column, feedback_column),
        )
    except ColumnNotChosen as error:
        listed = "".join(f"\n  {header}" for header in error.columns)
        message = f"{into}: {error}" + (f"; --column NAME chooses one of these:{listed}" if listed else "")
        raise click.UsageError(message) from error
    except NotEncodable as error:
        # Marks are digits: only feedback has other characters.
        message = f'{into}: {error}, or leave out the feedback: --feedback-column ""'
        raise click.UsageError(message) from error
    except GradebookError as error:
        message = f"{into}: {error}"
        raise click.UsageError(message) from error
    if not filled.filled and not filled.kept:
        message = (
            f"no student of {marks_file} is in {into}. Export the table of the same course, and in Moodle of the same"
            " assignment"
        )
        raise click.UsageError(message)
    with write_whole(target) as stream:
        stream.write(filled.data)
    for line in _describe(table, gradebook, mark_column, filled, (marks_file.name, into.name)):
        click.echo(plain(line))
    for row in left_out:
        click.echo(f"Row {row.id} is Canvas's test student; it was left out.")
    click.echo(f"Written: {target}. {_IMPORT[gradebook.lms]}")
    nowhere = filled.unknown or filled.kept or any(not row.id and row.share is not None for row in table.rows)
    return ExitStatus.NOT_PASSED if nowhere else ExitStatus.SUCCESS


def _read_gradebook(file: Path) -> Gradebook:
    if file.stat().st_size > LARGEST_TABLE:
        message = f"it has more than {LARGEST_TABLE >> 20} MiB"
        raise GradebookError(message)
    return read_gradebook(file.read_bytes())


def _check_source(table: "ClassMarks", gradebook: Gradebook, marks_file: Path, into: Path) -> None:
    """Raise UsageError if the ids of the marks are not those of the table."""
    source = table.source.value
    if source not in set(Lms):
        message = (
            f"{marks_file} was not made from a Canvas or Moodle download but from a {source} for each student, so it"
            " has no IDs of the LMS. Grade the download as it came from the LMS"
        )
        raise click.UsageError(message)
    if source != gradebook.lms:
        message = (
            f"{into} is a {TABLE_NAMES[gradebook.lms]}, and {marks_file} was made from a {source.title()} download"
        )
        raise click.UsageError(message)
    # Moodle writes a group's name in a download with other characters left out.
    groups = {_letters(name): name for name in gradebook.groups}
    together = [groups[_letters(row.student)] for row in table.rows if _letters(row.student) in groups]
    if together:
        message = (
            f"groups handed in together ({', '.join(together[:3])}): the numbers in Moodle's download are those of"
            " groups, not of participants. Type the groups' marks into Moodle by hand"
        )
        raise click.UsageError(message)


def _tell_apart(table: "ClassMarks", gradebook: Gradebook) -> "ClassMarks":
    """Return the marks, each file whose name has two readings with the id that alone is in the gradebook."""
    from backmark.worker.cli.students import list_ids  # noqa: PLC0415 - cold start

    if gradebook.lms is not Lms.CANVAS:
        return table
    known = {student.id for student in gradebook.students}
    chosen = {row: ids for row in table.rows if not row.id and len(ids := known.intersection(list_ids(row.file))) == 1}
    # Two files of one student: nothing says which of them counts.
    owners = Counter([row.id for row in table.rows] + [name for ids in chosen.values() for name in ids])
    rows = [
        replace(row, id=name) if row in chosen and owners[name := min(chosen[row])] == 1 else row for row in table.rows
    ]
    return replace(table, rows=tuple(rows))


def _leave_out_test_student(table: "ClassMarks", gradebook: Gradebook) -> "tuple[ClassMarks, list[MarkRow]]":
    """Return the marks without the rows of Canvas's test student, of whom the gradebook has no row, and those rows."""
    known = {student.id for student in gradebook.students}
    left_out = [
        row
        for row in table.rows
        if gradebook.lms is Lms.CANVAS and row.student == _TEST_STUDENT and row.id and row.id not in known
    ]
    return replace(table, rows=tuple(row for row in table.rows if row not in left_out)), left_out


def _find_feedback(gradebook: Gradebook, column: MarkColumn, name: str | None) -> int | None:
    """Return the place of the column for feedback; raise UsageError if one is named that is not there."""
    if gradebook.lms is not Lms.MOODLE:
        if name:
            message = "a Canvas gradebook has no column for feedback: Canvas imports marks only"
            raise click.UsageError(message)
        return None
    wanted = FEEDBACK_COLUMN if name is None else name
    place = gradebook.places.get(wanted)
    if name and (place is None or place in {0, column.index, column.index + 1}):
        message = f"the table has no column {name!r} for feedback. Its columns: {', '.join(gradebook.places)}"
        raise click.UsageError(message)
    return place if wanted else None


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def _describe(
    table: "ClassMarks", gradebook: Gradebook, column: MarkColumn, filled: FilledGradebook, names: tuple[str, str]
) -> Iterator[str]:
    """Yield the lines that say whose mark went where, and whose did not."""
    marks_name, into_name = names
    yield (
        f"{into_name}: {TABLE_NAMES[gradebook.lms]}, column {column.header!r}, marks out of"
        f" {format_mark(column.maximum or 0)}"
    )
    replaced = f", {len(filled.replaced)} of them in place of another mark" if filled.replaced else ""
    yield f"{_count(filled.filled, 'mark')} filled in{replaced}"
    if filled.commented:
        yield f"feedback filled in for {_count(filled.commented, 'student')}"
    yield from _section(
        "Feedback not filled in, because the cell has a text; empty the cell to have it filled",
        [_name(student) for student in filled.uncommented],
    )
    yield from _section("Marks left as they were", [f"{_name(student)}: {student.locked}" for student in filled.kept])
    rows = {row.id: row for row in table.rows if row.id}
    ungraded = [student for student in filled.unmarked if student.id in rows]
    yield from _section(
        f"Without a mark in {marks_name}; their cells did not change",
        [f"{_name(student)}: {rows[student.id].explanation}" for student in ungraded],
    )
    absent = [_name(student) for student in filled.unmarked if student.id not in rows]
    yield from _section(f"Only in {into_name}; {marks_name} has no file of theirs", absent)
    known = {student.id for student in gradebook.students}
    unknown = [
        f"{row.student} ({row.id})" if row.id else f"{row.student}, who has no ID of the LMS"
        for row in table.rows
        if row.id not in known
    ]
    yield from _section(f"Only in {marks_name}; these marks are in no row of {into_name}", unknown)


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"{title} ({len(lines)}):"
        yield from (f"  {line}" for line in lines)


def _count(students: Sequence[GradebookStudent], noun: str) -> str:
    return f"{len(students)} {noun}{'' if len(students) == 1 else 's'}"


def _name(student: GradebookStudent) -> str:
    return f"{student.name} ({student.id})"
