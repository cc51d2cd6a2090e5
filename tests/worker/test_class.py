"""A class of a hundred, as Canvas and Moodle let it be downloaded: two commands, and every mark is in its cell."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.worker.test_cli import EXAMPLES, backmark

RIGHT = (EXAMPLES / "right_einsum.py").read_bytes()
WRONG = (EXAMPLES / "bias_template.py").read_bytes()
OTHER_NAME = RIGHT.replace(b"backward_pass", b"my_backward")
#: A student's files, each with its own name, the oldest first; and the mark, None for nobody's fault but the file's.
HANDED_IN: tuple[tuple[Mapping[str, bytes], int | None], ...] = (
    ({"hw.py": RIGHT + b"# %d"}, 10),
    ({"hw.ipynb": (EXAMPLES / "right.ipynb").read_bytes()}, 10),
    ({"hw.py": WRONG + b"# %d"}, 8),
    ({"hw.py": RIGHT}, 10),
    ({"hw.py": WRONG + b"# %d", "hw-1.py": RIGHT + b"# %d"}, 10),
    ({"hw.py": RIGHT + b"# %d", "hw-1.py": b""}, 10),
    ({"hw.py": b""}, None),
    ({"hw.pdf": b"%PDF-1.7 scanned"}, None),
    ({"hw.ipynb.txt": b"{}"}, None),
    ({"hw.py": OTHER_NAME}, None),
)
CLASS = range(1, 101)
MARKS = {number: HANDED_IN[number % 10][1] for number in CLASS}


def canvas_download(file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, name, content, attachment in list_files():
            late_mark = "_LATE" if number % 7 == 0 else ""
            archive.writestr(f"student{number}{late_mark}_{1000 + number}_{attachment}_{name}", content)


def moodle_download(file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, name, content, _ in list_files():
            archive.writestr(f"Student {number}_{1000 + number}_assignsubmission_file/{name}", content)


def list_files() -> Iterator[tuple[int, str, bytes, int]]:
    """Number, name and content of each student's files, and a number that rises."""
    attachment = 5000
    for number in CLASS:
        for name, content in HANDED_IN[number % 10][0].items():
            attachment += 1
            yield number, name, content.replace(b"%d", b"%d" % number), attachment


def canvas_gradebook() -> str:
    """With somebody who handed in nothing, and the Test Student."""
    rows = [f'"Student, {number}",{1000 + number},s{number},login{number},A,,3.00,' for number in CLASS]
    return "\r\n".join(
        [
            "Student,ID,SIS User ID,SIS Login ID,Section,Backprop (4711),Quiz (4712),Final Score",
            "    Points Possible,,,,,20.00,5.00,(read only)",
            *rows,
            '"Absent, Ada",2000,s0,absent,A,,,',
            '"Student, Test",2001,,test,A,,,',
            "",
        ]
    )


def moodle_worksheet() -> str:
    head = 'Identifier,"Full name",Status,Grade,"Maximum Grade","Grade can be changed","Last modified (grade)"'
    rows = [f'"Participant {1000 + number}","Student {number}",Submitted,,20.00,Yes,-' for number in CLASS]
    return "\n".join([head, *rows, '"Participant 2000","Absent Ada","No submission",,20.00,Yes,-', ""])


@pytest.mark.usefixtures("jail")
@pytest.mark.parametrize(
    ("download", "export", "column", "cell", "lms"),
    [
        (canvas_download, canvas_gradebook, ("--column", "Backprop"), ("ID", "", "Backprop (4711)"), "Canvas"),
        (moodle_download, moodle_worksheet, (), ("Identifier", "Participant ", "Grade"), "Moodle"),
    ],
)
def test_two_commands_put_a_hundred_marks_into_the_exported_table_and_nobody_is_missing(
    tmp_path: Path,
    download: Callable[[Path], None],
    export: Callable[[], str],
    column: tuple[str, ...],
    cell: tuple[str, str, str],
    lms: str,
) -> None:
    download(tmp_path / "class.zip")
    (tmp_path / "exported.csv").write_text(export(), encoding="utf-8", newline="")
    process = backmark("grade", "class.zip", "--csv", "marks.csv", "--summary", "--networks", "8", cwd=tmp_path)
    assert process.returncode == 1, process.stderr
    assert f"the files look like a {lms} download" in process.stderr
    counts = Counter("passed" if mark == 10 else "failed" if mark else "not graded" for mark in MARKS.values())
    expected = f"{counts['passed']} of 100 passed; failed: {counts['failed']}, not graded: {counts['not graded']}"
    assert expected in process.stdout
    assert f"Not graded, so without marks ({counts['not graded']}):" in process.stdout

    rows = list(csv.DictReader(io.StringIO((tmp_path / "marks.csv").read_bytes().decode(), newline="")))
    assert {int(row["id"]) - 1000: row["score"] and int(row["score"]) for row in rows} == {
        number: "" if mark is None else mark for number, mark in MARKS.items()
    }
    assert all(row["explanation"] for row in rows if row["outcome"] != "passed")
    assert {row["explanation"] for row in rows if not row["file"]} == {
        "hw.pdf is a PDF",
        "hw.ipynb.txt is called neither .ipynb nor .py",
    }
    # Of each ten two are copies of those of every other ten.
    assert sum(row["identical_to"].count(",") == 8 for row in rows) == 20

    fill_process = backmark("course", "fill", "marks.csv", "--into", "exported.csv", *column, cwd=tmp_path)
    assert fill_process.returncode == 0, fill_process.stdout + fill_process.stderr
    identity, prefix, header = cell
    text = (tmp_path / "exported-filled.csv").read_bytes().decode()
    cells = {row[identity]: row[header] for row in csv.DictReader(io.StringIO(text, newline=""))}
    for number, mark in MARKS.items():
        assert cells[f"{prefix}{1000 + number}"] == ("" if mark is None else str(2 * mark))
    assert (tmp_path / "exported.csv").read_bytes().decode() == export()
    assert "(2000)" in fill_process.stdout
