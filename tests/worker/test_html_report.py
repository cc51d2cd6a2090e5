"""A class's report on disk: pages under harmless names, in a folder that holds nothing else, with all who handed in."""

import stat
from dataclasses import replace
from pathlib import Path, PurePosixPath

import click
import pytest

from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Verdict
from backmark.worker.cli.class_grading import GradedClass, GradedStudent
from backmark.worker.cli.downloads import DownloadedFile
from backmark.worker.cli.failure import GradingFailure
from backmark.worker.cli.html_report import prepare_report_folder, write_report
from backmark.worker.cli.students import OwnedFile, StudentFiles, StudentSource
from tests.reports.graded import REFUSAL, ROWS, repair_verdict, verdict
from tests.reports.test_html import Elements

#: Names of students that would be more than names, or the same name on some system.
HOSTILE = (
    "../../x",
    "<script>alert(1)</script>",
    "a" * 300,
    "Ada",
    "ada",
    "ADA ",
    "con",
    "index",
    ".",
    "\u202egnp",
    "",
)


def hand_in(
    name: str, result: Verdict | GradingFailure | None = None, *, files: int = 1, refusal: str = ""
) -> GradedStudent:
    """A student with a verdict on the newest file; without files one whose only file is refused."""
    path = PurePosixPath("hw.py")
    file = OwnedFile(DownloadedFile(Path(path), path, path), name, own_name="hw.py", refusal=refusal)
    owned = StudentFiles(name, "", () if refusal else (file,) * files, (file,) if refusal else ())
    return GradedStudent(owned, [] if result is None else [result])


def write(folder: Path, graded: GradedClass) -> Path:
    """Write a report as the command does."""
    prepare_report_folder(folder, [])
    return write_report(folder, graded)


def graded_class(*students: GradedStudent, feedback: Feedback | None = None) -> GradedClass:
    return GradedClass(StudentSource.FILE, students, feedback or Feedback(), "Backpropagation")


def read_links(index: Path) -> set[str]:
    """Return the paths to which a page leads."""
    parsed = Elements(index.read_text(encoding="utf-8"))
    return {str(attributes["href"]) for _, attributes in parsed.found if "href" in attributes}


def test_names_of_students_decide_neither_folders_nor_elements(tmp_path: Path) -> None:
    index = write(tmp_path / "report", graded_class(*(hand_in(name, repair_verdict()) for name in HOSTILE)))
    pages = [*(tmp_path / "report" / "students").iterdir()]
    assert len({page.name.lower() for page in pages}) == len(HOSTILE)
    assert all(page.name.isascii() and len(page.name) < 60 and page.name[0].isdigit() for page in pages)
    assert {path.name for path in tmp_path.rglob("*")} == {"report", "index.html", "students", *(p.name for p in pages)}
    assert read_links(index) == {f"students/{page.name}" for page in pages}
    for page in (index, *pages):
        assert "script" not in {tag for tag, _ in Elements(page.read_text(encoding="utf-8")).found}


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    index = write(tmp_path / "report", graded_class(hand_in("ada", repair_verdict())))
    for path in (index.parent, index, *(index.parent / "students").iterdir()):
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def test_the_class_is_counted_and_nobody_is_missing(tmp_path: Path) -> None:
    passed = verdict(Outcome.PASSED, ROWS[1:2])
    index = write_report(
        tmp_path,
        graded_class(
            hand_in("ada", repair_verdict()),
            hand_in("grace", passed),
            hand_in("alan", passed),
            hand_in("emmy", verdict(Outcome.REJECTED, error=REFUSAL)),
            hand_in("carl", refusal="is a PDF"),
            hand_in("sofia", GradingFailure("hw.py", "Traceback")),
        ),
    )
    words = " ".join(Elements(index.read_text(encoding="utf-8")).text.split())
    assert "2 of 6 students passed" in words
    assert "Gradient of the biases: line missing" in words
    # One of three loses the two marks of this row, nobody those of the other.
    assert "Gradient of the weights 2 marks ada 1 33%" in words
    assert "Gradient of the biases 2 marks 0 0%" in words
    assert "Identical files" in words
    assert "emmy: Line 3: '(' was never closed." in words
    assert "carl: hw.py is a PDF" in words
    assert "sofia: Backmark itself failed on this file" in words
    # Who has no verdict has no page.
    assert len(read_links(index)) == 4


def test_of_rows_of_lines_and_of_results_the_class_reads_that_one_kind_counts(tmp_path: Path) -> None:
    by_lines, by_results = (hand_in(name, verdict(rows=ROWS[at : at + 1])) for name, at in (("ada", 1), ("grace", 2)))
    assert (
        "Only one kind counts for a student" in write(tmp_path / "both", graded_class(by_lines, by_results)).read_text()
    )
    assert "Only one kind" not in write(tmp_path / "one", graded_class(by_lines)).read_text()


def test_a_student_sees_what_the_assignment_shows_and_the_class_page_all(tmp_path: Path) -> None:
    student = hand_in("ada", replace(repair_verdict(), output="printed by ada"), files=2)
    index = write(tmp_path, graded_class(student, feedback=Feedback.always(Level.SCORE)))
    (page,) = (tmp_path / "students").iterdir()
    text = " ".join(Elements(page.read_text(encoding="utf-8")).text.split())
    assert "Your course shows only the marks." in text
    assert "Attempt 2 of 2" in text
    assert not [word for word in ("line 25", "printed by ada", "a secret for staff") if word in text]
    assert "line 25 of cell 10 is wrong" in index.read_text(encoding="utf-8")


def test_a_report_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    write(tmp_path, graded_class(*(hand_in(name, repair_verdict()) for name in ("ada", "grace"))))
    (tmp_path / "students" / "mine.html").write_text("<p>mine</p>")
    (tmp_path / "notes.txt").write_text("mine")
    write(tmp_path, graded_class(hand_in("emmy", repair_verdict())))
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", "notes.txt", "students"}
    assert {path.name for path in (tmp_path / "students").iterdir()} == {"1-emmy.html", "mine.html"}


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("mine", "is not empty and holds no report"),
        ("mine/hw.py", "is a file"),
        ("class/report", "in a folder of submissions"),
    ],
)
def test_a_folder_that_is_no_report_is_refused_before_anything_is_graded(
    tmp_path: Path, folder: str, message: str
) -> None:
    for name in ("mine", "class"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hw.py").write_text("x = 1\n")
    with pytest.raises(click.UsageError, match=message):
        prepare_report_folder(tmp_path / folder, [tmp_path / "class"])


def test_a_new_or_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "new", "in/a/new"):
        prepare_report_folder(tmp_path / name, [tmp_path / "class"])
        assert not [*(tmp_path / name).iterdir()]
