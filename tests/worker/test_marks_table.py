"""The table of a class's marks: what it says of a submission whose wrong lines are known."""

from dataclasses import replace
from pathlib import Path

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import FirstDifference, Mark, NamedMistake, Property, Verdict
from backmark.worker.cli.class_grading import GradedClass, GradedStudent
from backmark.worker.cli.marks_table import explain_student, write_marks
from backmark.worker.cli.students import StudentFiles, StudentSource
from tests.reports.graded import EXCEPTION, MISTAKE, repair_verdict, verdict

STUDENT = StudentFiles("ada", "", (), ())


def test_the_explanation_says_each_line_to_change() -> None:
    assert explain_student(GradedStudent(STUDENT, [repair_verdict()])) == (
        "Gradient of the weights: line 25 of cell 10 is wrong (2 marks lost)."
        " Gradient of the biases: a line is missing."
    )


def test_the_explanation_says_which_line_raised_before_one_that_writes_a_wrong_result() -> None:
    first = FirstDifference("dw", "`dw` is wrong; line 9 sets it.", lines=(9,))
    raised = replace(EXCEPTION, frames=(SourceLine(None, 3),))
    wrong = replace(verdict(error=raised), first_difference=first)
    assert explain_student(GradedStudent(STUDENT, [wrong])) == f"Line 3 raises ValueError: shapes. {first.message}"


def write_table(file: Path, graded: Verdict) -> str:
    write_marks(file, GradedClass(StudentSource.FILE, (GradedStudent(STUDENT, [graded]),)))
    return file.read_text()


def test_the_mistakes_are_the_rows_that_the_lines_cost(tmp_path: Path) -> None:
    table = write_table(tmp_path / "marks.csv", repair_verdict())
    assert "Gradient of the weights. Gradient of the biases: line missing." in table


def test_a_known_mistake_is_explained_though_its_line_is_known() -> None:
    named = replace(MISTAKE, mistakes=(NamedMistake("no_mask", "leaves out the derivative"),))
    graded = replace(repair_verdict(), diagnosis=(named,))
    assert explain_student(GradedStudent(STUDENT, [graded])).startswith(f"{MISTAKE.title} Gradient of the weights: ")


def test_rows_that_every_assignment_has_are_not_called_wrong() -> None:
    """A title says what is right; the message of the row says what is not."""
    pure = Property("pure", "Does not modify its inputs", Mark.FAILED, 0, 0, 3, "Your code changes `w` in place.")
    judge = replace(pure, name="finite_differences", title="Agrees with finite differences", message="Wrong on 1 case.")
    row = replace(pure, name="dw", title="The gradient by w", message="Wrong on 1 case.")
    passed = replace(
        verdict(), outcome=Outcome.PASSED, diagnosis=(), properties=(replace(row, outcome=Mark.PASSED), pure)
    )
    assert explain_student(GradedStudent(STUDENT, [passed])) == pure.message
    failed = replace(verdict(), diagnosis=(), properties=(judge, row, pure))
    assert explain_student(GradedStudent(STUDENT, [failed])) == f"Wrong: The gradient by w. {pure.message}"
