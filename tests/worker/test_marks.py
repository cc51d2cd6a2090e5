"""`backmark marks`: messages, and files that are never lost. Whole classes: test_class.py."""

from pathlib import Path, PurePosixPath

import click
import pytest
from click.testing import CliRunner, Result

from grader.model.verdict import GradedAssignment, GradedSubmission, Judgement, Outcome, StudentError, Verdict
from tests.reports.graded import ROWS, explain_verdict
from worker.cli.class_grading import GradedClass, GradedStudent
from worker.cli.commands.marks import marks
from worker.cli.downloads import DownloadedFile
from worker.cli.failure import GradingFailure
from worker.cli.marks_table import HEADER, check_target, read_marks, write_marks
from worker.cli.students import OwnedFile, StudentFiles, StudentSource

HEAD = ",".join(HEADER)
#: Ada has 8 of 10, Grace nothing that could be graded.
MARKS = (
    f"{HEAD}\ncanvas,ada,101,ada.py,1 of 1,,failed,8,10,,Wrong.,,\n"
    "canvas,grace,102,,,,rejected,,10,,essay.pdf is a PDF,,\n"
)
GRADEBOOK = (
    "Student,ID,SIS Login ID,Section,Backprop (1)\n    Points Possible,,,,5.00\n"
    '"Lovelace, Ada",101,ada,A,\n"Hopper, Grace",102,grace,A,\n"Turing, Alan",103,alan,A,1.00\n'
)


def run(folder: Path, marks_text: str = MARKS, export: str = GRADEBOOK, *options: str) -> Result:
    (folder / "marks.csv").write_text(marks_text, encoding="utf-8")
    (folder / "exported.csv").write_text(export, encoding="utf-8")
    words = [str(folder / "marks.csv"), "--into", str(folder / "exported.csv"), *options]
    return CliRunner().invoke(marks, words, standalone_mode=False)


def refusal(result: Result) -> str:
    """The sentence of a refused run."""
    assert isinstance(result.exception, click.UsageError), result.output
    return str(result.exception)


def test_everybody_is_named_whose_cell_has_no_mark(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.return_value == 0
    assert result.output.splitlines()[:6] == [
        "exported.csv: Canvas gradebook, column 'Backprop (1)', marks out of 5",
        "1 mark filled in",
        "Without a mark in marks.csv; their cells are as they were (1):",
        "  Hopper, Grace (102): essay.pdf is a PDF",
        "Only in exported.csv: nothing was handed in, as far as marks.csv knows (1):",
        "  Turing, Alan (103)",
    ]
    assert (tmp_path / "exported-filled.csv").read_text() == GRADEBOOK.replace("101,ada,A,", "101,ada,A,4")
    assert (tmp_path / "exported.csv").read_text() == GRADEBOOK


def test_a_mark_that_has_no_row_is_status_one_and_named(tmp_path: Path) -> None:
    result = run(tmp_path, MARKS + "canvas,hedy,109,hedy.py,1 of 1,,passed,10,10,,,,\n")
    assert result.return_value == 1
    assert "Only in marks.csv; these marks went nowhere (1):\n  hedy (109)\n" in result.output


def test_a_table_that_a_spreadsheet_saved_anew_and_a_typed_zero_are_read(tmp_path: Path) -> None:
    saved_marks = MARKS.replace(",,10,", ",0,10,").replace(",", ";")
    run(tmp_path, f"\ufeff{saved_marks}".replace("\n", "\r\n"))
    assert "102,grace,A,0\n" in (tmp_path / "exported-filled.csv").read_text()


def test_no_file_is_replaced_unless_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "exported-filled.csv").write_text("something else")
    assert "exported-filled.csv exists" in refusal(run(tmp_path))
    assert (tmp_path / "exported-filled.csv").read_text() == "something else"
    assert run(tmp_path, MARKS, GRADEBOOK, "--output", str(tmp_path / "exported.csv")).return_value == 0
    assert "101,ada,A,4\n" in (tmp_path / "exported.csv").read_text()


MOODLE = 'Identifier,"Full name",Group,Grade,"Maximum Grade"\n"Participant 101",Ada,"The ""A_da""",,5.00\n'
TWO_COLUMNS = GRADEBOOK.replace("(1)\n", "(1),Essay (2)\n").replace("5.00\n", "5.00,5.00\n").replace("A,", "A,,")


@pytest.mark.parametrize(
    ("marks_text", "export", "sentence"),
    [
        (MARKS.replace("canvas", "folder"), GRADEBOOK, "from a folder for each student"),
        (MARKS.replace("canvas", "moodle"), GRADEBOOK, "exported.csv is a Canvas gradebook, and"),
        (MARKS.replace("canvas,ada", "moodle,The A da").replace("canvas", "moodle"), MOODLE, 'together (The "A_da")'),
        (MARKS.replace("101", "777"), GRADEBOOK, "none of the students"),
        (MARKS.replace(",8,10", ",18,10"), GRADEBOOK, "row 2 has the score 18 of 10"),
        (MARKS.replace("102", "101"), GRADEBOOK, "two rows have the id 101"),
        (GRADEBOOK, GRADEBOOK, "no column 'source'"),
        (MARKS, MARKS, "neither a Canvas gradebook"),
        (
            MARKS,
            GRADEBOOK.replace("(1)\n", "(1),Essay (2)\n").replace("5.00\n", "5.00,5.00\n").replace("A,", "A,,"),
            "--column NAME",
        ),
    ],
)
def test_what_cannot_be_matched_for_sure_is_refused_and_nothing_is_written(
    tmp_path: Path, marks_text: str, export: str, sentence: str
) -> None:
    assert sentence in refusal(run(tmp_path, marks_text, export))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["exported.csv", "marks.csv"]


def test_a_group_in_which_students_are_is_no_hindrance_if_they_hand_in_by_themselves(tmp_path: Path) -> None:
    assert run(tmp_path, MARKS.replace("canvas", "moodle"), MOODLE).return_value == 0


def test_grading_overwrites_a_table_of_marks_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "marks.csv").write_text(MARKS)
    check_target(tmp_path / "marks.csv")
    check_target(tmp_path / "new.csv")
    (tmp_path / "gradebook.csv").write_text(GRADEBOOK)
    with pytest.raises(click.UsageError, match="does not overwrite"):
        check_target(tmp_path / "gradebook.csv")


def own_verdicts(student: str, lms_id: str, *verdicts: Verdict | GradingFailure) -> GradedStudent:
    """A student with a file for each verdict, the newest first."""
    name = PurePosixPath(f"{student}.py")
    file = OwnedFile(DownloadedFile(Path(name), name, name), student, lms_id, own_name=name.name)
    return GradedStudent(StudentFiles(student, lms_id, (file,) * len(verdicts), ()), list(verdicts))


def make_refusal(message: str) -> Verdict:
    judgement = Judgement(Outcome.REJECTED, ROWS, error=StudentError("empty", message))
    return Verdict.of(GradedSubmission("s", "a.py", "1"), GradedAssignment("udl-7.2", "r", "n"), judgement)


def test_names_that_students_chose_are_no_formulas_and_marks_come_back_as_written(tmp_path: Path) -> None:
    students = (
        own_verdicts("=HYPERLINK(1)", "101", explain_verdict()),
        own_verdicts("@grace", "102", make_refusal("\x1b[31mThe file holds no code.\nReally.")),
        own_verdicts("-alan\x1b[2J", "103", GradingFailure("a.py", "Traceback")),
        own_verdicts("+kay", "104", make_refusal("no"), explain_verdict()),
    )
    write_marks(tmp_path / "marks.csv", GradedClass(StudentSource.CANVAS, students))
    table = read_marks(tmp_path / "marks.csv")
    assert [(row.student, row.id, row.share) for row in table.rows] == [
        ("'=HYPERLINK(1)", "101", 0.4),
        ("'@grace", "102", None),
        ("'-alan\ufffd[2J", "103", None),
        ("'+kay", "104", 0.4),
    ]
    text = (tmp_path / "marks.csv").read_text(encoding="utf-8")
    assert "\x1b" not in text
    assert "internal_error" in text
    assert "is the first wrong value." in text
