"""The table of a class's marks: what it says of a submission whose wrong lines are known."""

from dataclasses import replace
from pathlib import Path

from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import FirstDifference, NamedMistake
from backmark.worker.cli.class_grading import GradedClass, GradedStudent
from backmark.worker.cli.marks_table import explain_student, write_marks
from backmark.worker.cli.students import StudentFiles, StudentSource
from tests.reports.graded import EXCEPTION, MISTAKE, repair_verdict, verdict

STUDENT = StudentFiles("ada", "", (), ())


def test_the_explanation_says_each_line_to_change() -> None:
    assert explain_student(GradedStudent(STUDENT, [repair_verdict()])) == (
        "Gradient of the weights: cell 10, line 25 is wrong. Gradient of the biases: a line is missing."
    )


def test_the_explanation_says_which_line_raised_before_one_that_writes_a_wrong_result() -> None:
    first = FirstDifference("dw", None, None, "`dw` is wrong; line 9 sets it.", lines=(9,))
    raised = replace(EXCEPTION, frames=(SourceLine(None, 3),))
    wrong = replace(verdict(error=raised), first_difference=first)
    assert explain_student(GradedStudent(STUDENT, [wrong])) == f"Line 3 raises ValueError: shapes. {first.message}"


def test_the_mistakes_are_the_rows_that_the_lines_cost(tmp_path: Path) -> None:
    named = replace(MISTAKE, mistakes=(NamedMistake("no_mask", "leaves out the derivative"),))
    student = GradedStudent(STUDENT, [replace(repair_verdict(), diagnosis=(named,))])
    write_marks(tmp_path / "marks.csv", GradedClass(StudentSource.FILE, (student,)))
    assert "Gradient of the weights. Gradient of the biases: line missing." in (tmp_path / "marks.csv").read_text()
