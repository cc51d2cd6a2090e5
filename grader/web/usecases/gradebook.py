"""The gradebook of a course, and as a table for a spreadsheet."""

from collections.abc import Iterable, Iterator

from flask import Response

from backmark.grader.courses.course_gradebook import AssignmentMarks, make_gradebook
from backmark.grader.model.gradebook import Gradebook, GradebookStudent
from backmark.grader.reports.marks_table import iso, percent
from backmark.grader.reports.spreadsheets import Cell
from backmark.grader.web.http.responses import respond_table
from backmark.grader.web.service import note_act, service
from backmark.grader.web.usecases.assignments import find_assignments
from backmark.grader.web.usecases.marks import read_marks

#: The columns before those of the assignments. Marks are in per cent of the maximum.
_HEADER = ("student", "name", "lms_id", "section", "left_course", "mean", "missing")


def read_gradebook(course: str) -> Gradebook:
    """Return the gradebook, of the assignments that lists show, without those of which nothing is recorded."""
    store = service().store
    return make_gradebook(tuple(_list_marks(course)), store.courses.roster(course), store.time())


def spreadsheet(course: str, gradebook: Gradebook, students: Iterable[GradebookStudent]) -> Response:
    """Return students of a gradebook as a file for a spreadsheet; the log says who asked for it."""
    note_act(course, "gradebook.export")
    header = (*_HEADER, *(each.assignment for each in gradebook.assignments))
    return respond_table(f"gradebook-{course}", header, map(_cells, students))


def _list_marks(course: str) -> Iterator[AssignmentMarks]:
    for revision in find_assignments(course)[0]:
        table = read_marks(course, revision.assignment_id)
        if table.is_used:
            yield AssignmentMarks(
                revision.assignment_id,
                revision.title,
                table.terms,
                {row.marking.student: row.marking for row in table.students},
                {row.marking.student: row.refused for row in table.students},
            )


def _cells(row: GradebookStudent) -> list[Cell]:
    missing = " ".join(mark.assignment for mark in row.marks if mark.missing)
    marks = (percent(mark.share) for mark in row.marks)
    return [row.student, row.name, row.lms_id, row.section, iso(row.left), percent(row.mean), missing, *marks]
