"""`backmark grade --html`: a folder with a page of the class and one of each student."""

import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import click

from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.disclosure import disclose
from backmark.grader.reports.html.class_page import draw_class
from backmark.grader.reports.html.page import START, render_page
from backmark.grader.reports.html.student_page import render_student
from backmark.grader.reports.html.text import line
from backmark.worker.cli.class_grading import GradedClass, GradedStudent, name_student
from backmark.worker.cli.files import begins_with
from backmark.worker.cli.reported_class import report_on

#: The page of the class, and the folder of the students' pages.
INDEX, _STUDENTS = "index.html", "students"
#: Characters of a student's name in the name of a file.
_LONGEST_NAME = 40


def prepare_report_folder(folder: Path, submissions: Iterable[Path]) -> None:
    """Make the folder of a report, before anything is graded; UsageError for one that a report cannot be put into.

    That is one that holds anything but a report, and one among the submissions.
    """
    if folder.exists() and not folder.is_dir():
        message = f"--html writes a folder, but {folder} is a file; name a folder that does not exist yet"
        raise click.UsageError(message)
    if any(folder.resolve().is_relative_to(path.resolve()) for path in submissions if path.is_dir()):
        message = f"{folder} is in a folder of submissions, so the next run would grade the pages; name another folder"
        raise click.UsageError(message)
    if folder.is_dir() and any(folder.iterdir()) and not _is_report(folder):
        message = f"{folder} is not empty and holds no report of Backmark, so it is not replaced; name another folder"
        raise click.UsageError(message)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not os.access(folder, os.W_OK):
        message = f"you have no permission to write to {folder}; name another folder"
        raise click.UsageError(message)


def write_report(folder: Path, graded: GradedClass) -> Path:
    """Write the report into its folder, or replace the one that is there, and return the path of the class's page.

    Only the owner may read it. Files that are no pages of ours stay.
    """
    width = len(str(len(graded.students)))
    paths = {
        student.owner: f"{_STUDENTS}/{_name_page(number, width, student)}"
        for number, student in enumerate(graded.students, 1)
        if isinstance(student.verdict, Verdict)
    }
    draft = Path(tempfile.mkdtemp(prefix=".backmark-", dir=folder))
    try:
        (draft / _STUDENTS).mkdir()
        for student in graded.students:
            if isinstance(student.verdict, Verdict):
                page = _render_student(student, student.verdict, graded)
                _write(draft / paths[student.owner], page)
        index = render_page(f"{line(graded.title)}: the class", draw_class(report_on(graded, paths)), "class.css")
        _write(draft / INDEX, index)
        _replace(draft, folder)
    finally:
        shutil.rmtree(draft)
    return folder / INDEX


def _is_report(folder: Path) -> bool:
    index = folder / INDEX
    return index.is_file() and begins_with(index, START)


def _replace(draft: Path, folder: Path) -> None:
    """Put the pages of a draft in the place of those that are there; the class's page goes first and comes last."""
    (folder / INDEX).unlink(missing_ok=True)
    students = folder / _STUDENTS
    students.mkdir(exist_ok=True, mode=0o700)
    for page in students.glob("*.html"):
        if page.is_file() and begins_with(page, START):
            page.unlink()
    for page in (draft / _STUDENTS).iterdir():
        page.replace(students / page.name)
    (draft / INDEX).replace(folder / INDEX)


def _write(file: Path, page: bytes) -> None:
    file.touch(mode=0o600)
    file.write_bytes(page)


def _name_page(number: int, width: int, student: GradedStudent) -> str:
    """Return a file's name that is the student's in letters that every system takes; the number makes it unique."""
    letters = unicodedata.normalize("NFKD", student.owner.student).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", letters)[:_LONGEST_NAME].strip("-")
    return f"{number:0{width}}{f'-{name}' if name else ''}.html"


def _render_student(student: GradedStudent, verdict: Verdict, graded: GradedClass) -> bytes:
    attempts = len(student.owner.files)
    attempt = f"{student.attempt} of {attempts}" if attempts > 1 else ""
    shown = disclose(verdict, graded.feedback, student.attempt)
    return render_student(shown, graded.title, name_student(student), attempt)
