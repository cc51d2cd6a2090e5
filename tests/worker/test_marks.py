"""`backmark course fill`: messages, and files that are never lost. Whole classes: test_class.py."""

from pathlib import Path, PurePosixPath

import click
import pytest
from click.testing import CliRunner, Result

from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import GradedAssignment, GradedSubmission, Judgement, StudentError, Verdict
from backmark.worker.cli.class_grading import GradedClass, GradedStudent
from backmark.worker.cli.commands.course.fill import fill_table
from backmark.worker.cli.downloads import DownloadedFile
from backmark.worker.cli.failure import GradingFailure
from backmark.worker.cli.marks_table import HEADER, check_target, read_marks, write_marks
from backmark.worker.cli.students import OwnedFile, StudentFiles, StudentSource
from tests.reports.graded import ROWS, explain_verdict

HEAD = ",".join(HEADER)
#: Ada has 8 of 10, Grace nothing that could be graded.
MARKS = (
    f"{HEAD}\ncanvas,ada,101,ada.py,1 of 1,,failed,8,10,,Wrong.,,,\n"
    "canvas,grace,102,,,,rejected,,10,,essay.pdf is a PDF,,,\n"
)
GRADEBOOK = (
    "Student,ID,SIS Login ID,Section,Backprop (1)\n    Points Possible,,,,5.00\n"
    '"Lovelace, Ada",101,ada,A,\n"Hopper, Grace",102,grace,A,\n"Turing, Alan",103,alan,A,1.00\n'
)


def run(folder: Path, marks_text: str = MARKS, export: str = GRADEBOOK, *options: str) -> Result:
    (folder / "marks.csv").write_text(marks_text, encoding="utf-8")
    (folder / "exported.csv").write_text(export, encoding="utf-8")
    words = [str(folder / "marks.csv"), "--into", str(folder / "exported.csv"), *options]
    return CliRunner().invoke(fill_table, words, standalone_mode=False)


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
        "Without a mark in marks.csv; their cells did not change (1):",
        "  Hopper, Grace (102): essay.pdf is a PDF",
        "Only in exported.csv; marks.csv has no file of theirs (1):",
        "  Turing, Alan (103)",
    ]
    assert (tmp_path / "exported-filled.csv").read_text() == GRADEBOOK.replace("101,ada,A,", "101,ada,A,4")
    assert (tmp_path / "exported.csv").read_text() == GRADEBOOK


def test_a_mark_that_has_no_row_is_status_one_and_named(tmp_path: Path) -> None:
    result = run(tmp_path, MARKS + "canvas,hedy,109,hedy.py,1 of 1,,passed,10,10,,,,,\n")
    assert result.return_value == 1
    assert "Only in marks.csv; these marks are in no row of exported.csv (1):\n  hedy (109)\n" in result.output


def test_canvas_s_test_student_is_left_out_and_named(tmp_path: Path) -> None:
    result = run(tmp_path, MARKS + "canvas,studenttest,104,104.py,1 of 1,,passed,10,10,,,,,\n")
    assert result.return_value == 0
    assert "Row 104 is Canvas's test student; it was left out.\n" in result.output
    assert "in no row of" not in result.output


def test_a_table_that_a_spreadsheet_saved_anew_and_a_typed_zero_are_read(tmp_path: Path) -> None:
    saved_marks = MARKS.replace(",,10,", ",0,10,").replace(",", ";")
    run(tmp_path, f"\ufeff{saved_marks}".replace("\n", "\r\n"))
    assert "102,grace,A,0\n" in (tmp_path / "exported-filled.csv").read_text()


def test_rows_whose_last_empty_cells_a_spreadsheet_left_out_are_read(tmp_path: Path) -> None:
    assert run(tmp_path, MARKS.replace(",,,\n", "\n")).return_value == 0
    assert "101,ada,A,4\n" in (tmp_path / "exported-filled.csv").read_text()


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
        (MARKS.replace("101", "777"), GRADEBOOK, "no student of"),
        (MARKS.replace(",8,10", ",18,10"), GRADEBOOK, "row 2 has the score 18 of 10"),
        (MARKS.replace("102", "101"), GRADEBOOK, "two rows have the ID 101"),
        (MARKS + "canvas\n", GRADEBOOK, "row 4 has no cell for 'student'"),
        (MARKS.replace(",10,,Wrong.,,,", ",10"), GRADEBOOK, "row 2 has no cell for 'explanation'"),
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


#: Two students with feedback, of whom the second one's file was refused.
TOLD = MARKS.replace("canvas", "moodle").replace("Wrong.,,,", "Wrong.,,,Failed: dl/db < 0 & late.")
WORKSHEET = (
    'Identifier,"Full name",Grade,"Maximum Grade","Feedback comments"\n"Participant 101",Ada,,5.00,\n'
    '"Participant 102",Grace,,5.00,\n'
)


def test_who_has_a_mark_is_told_why_in_moodles_column_for_feedback(tmp_path: Path) -> None:
    """Moodle keeps it as HTML."""
    result = run(tmp_path, TOLD, WORKSHEET)
    assert "feedback filled in for 1 student\n" in result.output
    filled = (tmp_path / "exported-filled.csv").read_text()
    assert filled == WORKSHEET.replace("Ada,,5.00,", "Ada,4,5.00,Failed: dl/db &lt; 0 &amp; late.")
    assert run(tmp_path, TOLD, filled, "--output", str(tmp_path / "again.csv")).return_value == 0
    assert (tmp_path / "again.csv").read_text() == filled


def test_feedback_that_somebody_wrote_stays_and_is_named(tmp_path: Path) -> None:
    written = WORKSHEET.replace("Ada,,5.00,", "Ada,,5.00,See me.")
    result = run(tmp_path, TOLD, written)
    assert (
        "Feedback not filled in, because the cell has a text; empty the cell to have it filled (1):\n  Ada (101)"
        in (result.output)
    )
    assert "Ada,4,5.00,See me.\n" in (tmp_path / "exported-filled.csv").read_text()


def test_feedback_has_another_column_or_none_if_asked_for(tmp_path: Path) -> None:
    german = WORKSHEET.replace("Feedback comments", "Feedback als Kommentar")
    assert "feedback filled in" not in run(tmp_path, TOLD, german).output
    target = str(tmp_path / "other.csv")
    run(tmp_path, TOLD, german, "--feedback-column", "Feedback als Kommentar", "--output", target)
    assert "dl/db &lt; 0" in (tmp_path / "other.csv").read_text()
    run(tmp_path, TOLD, WORKSHEET, "--feedback-column", "", "--output", target)
    assert (tmp_path / "other.csv").read_text() == WORKSHEET.replace("Ada,,", "Ada,4,")
    other = ("--output", str(tmp_path / "another.csv"))
    for name in ("Essay", "Grade", "Identifier"):
        answer = run(tmp_path, TOLD, german, "--feedback-column", name, *other)
        assert f"no column {name!r} for feedback" in refusal(answer)
    assert "Canvas imports marks only" in refusal(
        run(tmp_path, MARKS, GRADEBOOK, "--feedback-column", "Comments", *other)
    )


def test_a_table_that_is_not_utf_8_is_filled_with_the_feedback_that_its_characters_can_write(tmp_path: Path) -> None:
    """Else nothing is written, and the command says what to do."""
    (tmp_path / "marks.csv").write_text(TOLD.replace("dl/db < 0", "café"), encoding="utf-8")
    (tmp_path / "exported.csv").write_text(WORKSHEET.replace("Ada", "Zoë"), encoding="latin-1")
    words = [str(tmp_path / "marks.csv"), "--into", str(tmp_path / "exported.csv")]
    assert CliRunner().invoke(fill_table, words, standalone_mode=False).return_value == 0
    filled = tmp_path / "exported-filled.csv"
    assert filled.read_text(encoding="latin-1") == WORKSHEET.replace(
        "Ada,,5.00,", "Zoë,4,5.00,Failed: café &amp; late."
    )
    filled.unlink()
    (tmp_path / "marks.csv").write_text(TOLD.replace("dl/db < 0", "f → g"), encoding="utf-8")
    sentence = refusal(CliRunner().invoke(fill_table, words, standalone_mode=False))
    assert "exported.csv: it is not UTF-8, and cannot hold '→'. Save it as UTF-8" in sentence
    assert '--feedback-column ""' in sentence
    assert not filled.exists()
    without = CliRunner().invoke(fill_table, [*words, "--feedback-column", ""], standalone_mode=False)
    assert without.return_value == 0
    assert filled.read_text(encoding="latin-1") == WORKSHEET.replace("Ada,,", "Zoë,4,")


def test_students_are_told_what_the_assignment_lets_them_see(tmp_path: Path) -> None:
    students = (own_verdicts("ada", "101", explain_verdict()), own_verdicts("grace", "102", make_refusal("no")))
    told = {}
    for level in Level:
        write_marks(tmp_path / "marks.csv", GradedClass(StudentSource.MOODLE, students, Feedback.always(level)))
        told[level] = [row.feedback for row in read_marks(tmp_path / "marks.csv").rows]
    assert told[Level.SCORE] == ["Your code is not right yet. 2 of 5 marks.", ""]
    lead = f"{told[Level.SCORE][0]} One of the three rows is right."
    assert told[Level.HINT] == [f"{lead} What happens to a unit below zero?", ""]
    assert "`all_dl_df[4]` is wrong; line 25 of cell 10 sets it." in told[Level.FULL][0]


#: A mark whose file has two readings: of the student 1, or of the student 104.
UNCLEAR = f"{HEAD}\ncanvas,student_1_104,,x/student_1_104_5004_hw.py,1 of 1,,failed,8,10,,Wrong.,,,\n"


def test_a_file_whose_name_has_two_readings_is_whose_id_alone_is_in_the_gradebook(tmp_path: Path) -> None:
    only = GRADEBOOK.replace(",103,", ",104,")
    assert run(tmp_path, UNCLEAR, only).return_value == 0
    assert "104,alan,A,4\n" in (tmp_path / "exported-filled.csv").read_text()
    both = only.replace(",102,", ",1,")
    assert "no student of" in refusal(run(tmp_path, UNCLEAR, both, "--output", str(tmp_path / "both.csv")))
    twice = UNCLEAR + "canvas,alan,104,alan.py,1 of 1,,passed,10,10,,,,,\n"
    result = run(tmp_path, twice, only, "--output", str(tmp_path / "twice.csv"))
    assert (result.return_value, "student_1_104, who has no ID of the LMS" in result.output) == (1, True)
    assert "104,alan,A,5\n" in (tmp_path / "twice.csv").read_text()


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
    assert "is wrong; line 25" in text
