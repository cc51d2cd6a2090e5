"""The code of an assignment as a ZIP file for JPlag and Dolos: a folder a student, and a table of the files."""

import ast
import csv
import io
import zipfile

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.model.people import RosterEntry
from backmark.grader.model.records import STUDENT, Scope
from backmark.grader.store.listings import CodeListing
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web.usecases.code_export import HEADER, choose_unused
from tests.web.asking import Asker
from tests.web.concluding import conclude
from tests.web.verdicts import failing_verdict
from tests.web.visitor import Visitor

pytestmark = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - guards nothing

PLACE = "/courses/course/assignments/udl-7.2"


def hand_in(store: Store, student: str, filename: str, source: bytes, listing: CodeListing | None = None) -> str:
    """The id of a submission with a verdict, and with what the jail found in it."""
    name = store.submissions.accept(NewSubmission("course", "udl-7.2", "0" * 16, student, filename, source)).id
    conclude(store, name)
    if listing is not None:
        record = store.submissions.get(name)
        assert record is not None
        store.redis.set(f"bm:listing:{record.source_sha256}", listing.write())
    return name


def export(staff: Asker) -> tuple[dict[str, bytes], list[dict[str, str]]]:
    """The files by their names, and the rows of `info.csv`."""
    answer = staff.get(f"{PLACE}/code")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    files = {name: archive.read(name) for name in archive.namelist()}
    return files, list(csv.DictReader(io.StringIO(files["info.csv"].decode())))


def test_each_student_has_the_attempt_that_counts_in_a_folder_and_a_row(staff: Asker, store: Store) -> None:
    store.courses.put_roster("course", [RosterEntry("ada", "Ada Lovelace", section="A")], "csv", "staff")
    best = hand_in(store, "ada", "a.py", b"x = 1\n")
    worse = staff.submit("ada", source="x = 2\n").get_json()["id"]
    conclude(store, worse, failing_verdict())
    hand_in(store, "bob", "b.py", b"x = 3\n")
    hand_in(store, f"test-student-{'0' * 24}", "c.py", b"x = 4\n")
    staff.submit("eve")
    files, rows = export(staff)
    assert files.keys() == {"ada/code.py", "bob/code.py", "info.csv"}
    assert files["ada/code.py"] == b"x = 1\n"
    ada, bob = rows
    assert tuple(ada) == HEADER
    assert (ada["filename"], ada["full_name"], ada["label"]) == ("ada/code.py", "Ada Lovelace", "A")
    assert (ada["student"], ada["submission"], ada["created_at"][-6:]) == ("ada", best, "+00:00")
    assert (bob["full_name"], bob["label"]) == ("bob", "")


def test_a_notebook_is_there_with_its_code_cells_as_python_without_what_only_ipython_runs(
    staff: Asker, store: Store
) -> None:
    cells = ((2, "%matplotlib inline\n!pip install x\nimport numpy"), (5, "x = 5 % 3\n"))
    hand_in(store, "ada", "a.ipynb", b'{"cells": []}', CodeListing(cells, whole=True))
    files, (row,) = export(staff)
    assert files.keys() == {"ada/code.py", "ada/notebook.ipynb", "info.csv"}
    assert row["filename"] == "ada/code.py"
    code = files["ada/code.py"].decode()
    assert [ast.unparse(statement) for statement in ast.parse(code).body] == ["import numpy", "x = 5 % 3"]


def test_a_package_has_the_files_that_the_jail_found_and_leads_out_of_no_folder(staff: Asker, store: Store) -> None:
    names = ("../evil.py", "pkg/layers.py", "PKG_layers.py")
    listing = CodeListing(((1, "a = 1"), (2, "b = 2"), (3, "c = 3")), whole=True, names=names)
    hand_in(store, "ada", "a.zip", b"PK\x03\x04", listing)
    files, rows = export(staff)
    expected = {"ada/_evil.py": b"a = 1", "ada/pkg_layers.py": b"b = 2", "ada/PKG_layers~2.py": b"c = 3"}
    assert {name: content for name, content in files.items() if name != "info.csv"} == expected
    assert [row["filename"] for row in rows] == [*expected]


def test_code_that_is_cut_or_missing_is_listed(staff: Asker, store: Store) -> None:
    assert "incomplete.csv" not in export(staff)[0]
    cut = hand_in(store, "ada", "a.ipynb", b'{"cells": [1]}', CodeListing(((1, "x = 1"),), whole=False))
    missing = hand_in(store, "bob", "b.ipynb", b'{"cells": [2]}')
    files, rows = export(staff)
    assert [row["student"] for row in rows] == ["ada"]
    table = list(csv.reader(io.StringIO(files["incomplete.csv"].decode())))[1:]
    assert table == [["ada", cut, "in part"], ["bob", missing, "none"]]


def test_only_instructors_take_the_code_out_and_the_log_says_who(app: Flask, store: Store, portal: Asker) -> None:
    hand_in(store, "ada", "a.py", b"x = 1\n")
    assistant = Asker.with_token(app, store, "course", Scope.ASSIST)
    assert [asker.get(f"{PLACE}/code").status_code for asker in (assistant, portal)] == [403, 403]
    Visitor(app, store, "course", Scope.ASSIST).get(f"{PLACE}/code.zip", 403)
    assert "code.zip" not in Visitor(app, store, "course", Scope.ASSIST).get(f"{PLACE}/equal-code")
    visitor = Visitor(app, store)
    assert f"{PLACE}/code.zip" in visitor.get(f"{PLACE}/equal-code")
    answer = visitor.client.get(f"{PLACE}/code.zip")
    assert zipfile.ZipFile(io.BytesIO(answer.data)).namelist() == ["ada/code.py", "info.csv"]
    assert 'filename="code-course-udl-7.2.zip"' in answer.headers["Content-Disposition"]
    acts = [(entry.act, entry.subject) for entry in store.courses.audit("course").items]
    assert acts[0] == ("code.export", "udl-7.2")
    assert "downloaded the code of udl-7.2" in visitor.read("/courses/course/log")


@given(st.lists(st.from_regex(STUDENT, fullmatch=True) | st.text(max_size=5), max_size=8))
def test_names_are_safe_and_different_on_any_system(names: list[str]) -> None:
    used: set[str] = set()
    chosen = [choose_unused(name, used) for name in names]
    assert len({name.casefold() for name in chosen}) == len(names)
    for name in chosen:
        assert not set(name) & set('/\\:*?"<>|')
        assert name
        assert not name.startswith(".")
        assert name == name.rstrip(". ")
