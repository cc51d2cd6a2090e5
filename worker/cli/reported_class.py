"""A graded class as its page shows it: who makes each mistake or loses marks by each row, whose files are the same."""

from collections.abc import Iterator, Mapping, Sequence

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Mark, Property, Verdict
from backmark.grader.reports.html.class_page import ClassReport, ReportedCount, ReportedStudent
from backmark.worker.cli.class_grading import GradedClass, GradedStudent, list_identical, name_student
from backmark.worker.cli.marks_table import explain_student
from backmark.worker.cli.students import StudentFiles


def report_on(graded: GradedClass, paths: Mapping[StudentFiles, str]) -> ClassReport:
    """Return what the page of a class shows; `paths` are those of the students' pages."""
    reported = {student.owner: _student(student, paths.get(student.owner, "")) for student in graded.students}
    return ClassReport(
        graded.title,
        tuple(reported.values()),
        tuple(_count_rows(graded.students, reported)),
        tuple(_count_mistakes(graded.students, reported)),
        tuple(tuple(reported[twin.owner] for twin in group) for group in list_identical(graded.students)),
    )


def _student(student: GradedStudent, page: str) -> ReportedStudent:
    verdict, owner = student.verdict, student.owner
    outcome: Outcome | None = Outcome.REJECTED
    if verdict is not None:
        outcome = verdict.outcome if isinstance(verdict, Verdict) else None
    score, maximum = (verdict.score, verdict.max_score) if isinstance(verdict, Verdict) else (0, 0)
    return ReportedStudent(
        name_student(student),
        page,
        outcome,
        score if student.graded else None,
        maximum,
        explain_student(student),
        owner.late,
        tuple(student.describe_others()) if owner.files else (),
    )


def _list_graded(students: Sequence[GradedStudent]) -> Iterator[tuple[GradedStudent, Verdict]]:
    for student in students:
        if student.graded and isinstance(student.verdict, Verdict):
            yield student, student.verdict


def _count_rows(
    students: Sequence[GradedStudent], reported: Mapping[StudentFiles, ReportedStudent]
) -> Iterator[ReportedCount]:
    """Yield the rows with marks in the rubric's order, or all if none has any, with those who lose marks by them."""
    graded = [*_list_graded(students)]
    marks: dict[str, int] = {}
    titles: dict[str, str] = {}
    for _, verdict in graded:
        for row in verdict.properties:
            # Where a submission is judged by its results alone, rows of lines carry none.
            marks[row.name] = max(row.max_score, marks.get(row.name, 0))
            titles.setdefault(row.name, row.title)
    marked = any(marks.values())
    for name, title in titles.items():
        if marks[name] or not marked:
            losing = (
                reported[student.owner]
                for student, verdict in graded
                if any(row.name == name and _is_lost(row, marked=marked) for row in verdict.properties)
            )
            yield ReportedCount(title, tuple(losing), marks[name])


def _is_lost(row: Property, *, marked: bool) -> bool:
    return row.score < row.max_score if marked else row.outcome is not Mark.PASSED


def _count_mistakes(
    students: Sequence[GradedStudent], reported: Mapping[StudentFiles, ReportedStudent]
) -> list[ReportedCount]:
    """Return the mistakes with those who make them, the most frequent first."""
    makers: dict[str, dict[ReportedStudent, None]] = {}
    for student, verdict in _list_graded(students):
        for mistake in verdict.mistakes:
            if mistake.title:
                makers.setdefault(mistake.title, {})[reported[student.owner]] = None
    counts = (ReportedCount(title, tuple(found)) for title, found in makers.items())
    return sorted(counts, key=lambda count: (-len(count.students), count.title))
