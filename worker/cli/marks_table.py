"""`marks.csv`: a row for each student of a class, written by `backmark grade --csv`, read by `backmark course fill`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click

from backmark.grader.contracts.language.row_tables import COMMON, PURE
from backmark.grader.courses.gradebook_table import GradebookError, GradebookTable
from backmark.grader.model.assignment import Feedback
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Mark, Verdict
from backmark.grader.reports.changes import list_changes
from backmark.grader.reports.disclosure import disclose
from backmark.grader.reports.exceptions import describe_exception, locate_exception
from backmark.grader.reports.plaintext import sentence, upper_first
from backmark.grader.reports.spreadsheets import Cell, table
from backmark.grader.reports.wording import clean, explain, headline, trouble
from backmark.grader.support.writing import write_whole
from backmark.worker.cli.class_grading import GradedClass, GradedStudent, list_identical
from backmark.worker.cli.failure import GradingFailure
from backmark.worker.cli.files import begins_with, write_name
from backmark.worker.cli.students import StudentSource

HEADER = (
    "source", "student", "id", "file", "attempt", "late", "outcome", "score", "max_score", "mistakes", "explanation",
    "other_files", "identical_to", "feedback",
)  # fmt: skip
#: Characters of an explanation, and of what the student is told.
LONGEST_CELL = 600


@dataclass(frozen=True, slots=True)
class MarkRow:
    """A student's mark as the table has it."""

    student: str
    id: str
    #: The reason for the mark, or for none.
    explanation: str
    #: The share of the maximum, 0 to 1; None if the student has no mark.
    share: float | None
    #: The verdict as the student may see it.
    feedback: str = ""
    #: The file that counts.
    file: str = ""


@dataclass(frozen=True, slots=True)
class ClassMarks:
    """The marks of a class, and how its students were known."""

    source: StudentSource
    rows: tuple[MarkRow, ...]


def check_target(file: Path) -> None:
    """Raise UsageError if a file is there that is no table of marks, such as one that an LMS exported."""
    if file.exists() and not begins_with(file, _START):
        message = f"--csv does not overwrite {file}, which is not a table of marks by Backmark; name another file"
        raise click.UsageError(message)


def write_marks(file: Path, graded: GradedClass) -> None:
    """Write the table, wholly or not at all."""
    students = graded.students
    verdicts = [student.verdict for student in students if isinstance(student.verdict, Verdict)]
    # A rubric without marks becomes one mark for passing, as in a gradebook.
    maximum = max((verdict.max_score for verdict in verdicts), default=0) or 1
    twins = {
        student.owner: [twin.owner.student for twin in group if twin is not student]
        for group in list_identical(students)
        for student in group
    }
    rows = [_row(student, graded, maximum, twins.get(student.owner, [])) for student in students]
    with write_whole(file) as stream:
        stream.writelines(table(HEADER, rows))


def explain_student(student: GradedStudent) -> str:
    """Return in a sentence or two what went wrong, or why there is no mark; empty if nothing did."""
    verdict = student.verdict
    if isinstance(verdict, GradingFailure):
        return "Backmark itself failed on this file; that says nothing about the student. Grade it again."
    if verdict is None:
        return "; ".join(student.owner.describe_refused())
    parts = [trouble(verdict) if verdict.outcome is Outcome.REJECTED else _shorten_trouble(verdict)]
    if verdict.repair:
        parts += (mistake.title for mistake in verdict.diagnosis[:1])
        parts += (sentence(change.heading) for change in list_changes(verdict))
    elif verdict.first_difference is not None:
        parts.append(verdict.first_difference.message)
    else:
        parts += _list_wrong(verdict)
    return _join_line(parts)


def _list_wrong(verdict: Verdict) -> Iterator[str]:
    """Yield a sentence with the titles of the wrong rows, and the message of the row `pure` if that failed."""
    failed = {row.name: row for row in verdict.properties if row.outcome is Mark.FAILED}
    if wrong := [row.title for name, row in failed.items() if name not in COMMON]:
        yield f"Wrong: {'; '.join(wrong)}."
    if PURE in failed:
        yield failed[PURE].message


def _describe_to_student(student: GradedStudent, feedback: Feedback) -> str:
    """Return the verdict in a few sentences, as far as the assignment shows it to the student; empty without a mark."""
    if not student.graded or not isinstance(student.verdict, Verdict):
        return ""
    shown = disclose(student.verdict, feedback, student.attempt)
    return _join_line([headline(shown), explain(shown)])


def _shorten_trouble(verdict: Verdict) -> str:
    """Return the mistake behind an exception, or else the line that raised and its message; without the traceback."""
    error = verdict.error
    if mistake := describe_exception(error):
        return mistake
    if error is None or not error.frames:
        return trouble(verdict).rpartition("\n")[2]
    raised = upper_first(locate_exception(error))
    return clean(sentence(f"{raised}: {error.message}" if error.message else raised))


def _join_line(parts: Sequence[str]) -> str:
    text = " ".join(" ".join(parts).split())
    return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]} ... (cut)"


def read_marks(file: Path) -> ClassMarks:
    """Read the table, which a spreadsheet may have saved anew; raise UsageError if it is none."""
    try:
        return _read(GradebookTable.read(file.read_bytes()))
    except GradebookError as error:
        message = f"{file} is not a table that `backmark grade --csv` wrote: {error}"
        raise click.UsageError(message) from error


_START = ",".join(HEADER[:4]).encode()
#: The columns that each row must have. It may end before those behind: a spreadsheet leaves out empty cells there.
_NEEDED = ("source", "student", "id", "score", "max_score", "explanation")


def _row(student: GradedStudent, graded: GradedClass, maximum: int, twins: Sequence[str]) -> list[Cell]:
    owner, verdict = student.owner, student.verdict
    outcome, score, most = "rejected", None, maximum
    if isinstance(verdict, GradingFailure):
        outcome = "internal_error"
    elif isinstance(verdict, Verdict):
        outcome, most = verdict.outcome.value, verdict.max_score or 1
        score = verdict.score if verdict.max_score else int(verdict.outcome is Outcome.PASSED)
    # Newer ones were refused, which is no attempt; of the older ones that is not known.
    attempts = 0 if outcome == Outcome.REJECTED else student.attempt
    cells = [
        graded.source.value,
        owner.student,
        owner.id,
        write_name(str(student.file.file.name)) if student.file else "",
        f"{attempts} of {attempts}" if attempts else "",
        "late" if owner.late else "",
        outcome,
        score if student.graded else None,
        most,
        " ".join(sentence(mistake.title) for mistake in verdict.mistakes if mistake.title)
        if isinstance(verdict, Verdict)
        else "",
        explain_student(student),
        "; ".join(student.describe_others()),
        ", ".join(twins),
        _describe_to_student(student, graded.feedback),
    ]
    return [clean(cell) if isinstance(cell, str) else cell for cell in cells]


def _read(cells: GradebookTable) -> ClassMarks:
    header = cells.texts(0) if cells.rows else []
    if missing := [name for name in _NEEDED if name not in header]:
        raise GradebookError(f"it has no column {missing[0]!r}")
    rows, sources = [], set()
    for number in range(1, len(cells.rows)):
        values = dict(zip(header, cells.texts(number), strict=False))
        if missing := [name for name in _NEEDED if name not in values]:
            raise GradebookError(f"row {number + 1} has no cell for {missing[0]!r}; complete or delete the row")
        sources.add(values["source"])
        share = _read_share(number + 1, values["score"], values["max_score"])
        rows.append(
            MarkRow(
                *(values["student"], values["id"], values["explanation"], share),
                feedback=values.get("feedback", ""),
                file=values.get("file", ""),
            )
        )
    for first, second in pairwise(sorted(row.id for row in rows if row.id)):
        if first == second:
            raise GradebookError(f"two rows have the ID {first}; keep only the row that counts")
    if len(sources) != 1 or not sources <= set(StudentSource):
        raise GradebookError(
            f"its column 'source' holds {', '.join(sorted(sources)) or 'nothing'}, and must hold the same word in every"
            f" row: {', '.join(StudentSource)}"
        )
    return ClassMarks(StudentSource(sources.pop()), tuple(rows))


def _read_share(row: int, score: str, maximum: str) -> float | None:
    if not score:
        return None
    try:
        share = float(score.replace(",", ".")) / float(maximum.replace(",", "."))
    except (ValueError, ZeroDivisionError):
        share = -1.0
    if not 0 <= share <= 1:
        raise GradebookError(f"row {row} has the score {score} of {maximum}; it must be a number from 0 to {maximum}")
    return share
