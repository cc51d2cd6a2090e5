"""The lists of staff: searched by names and parts of ids, counted, and ordered by a click, within bounds."""

import re
from html import unescape

import pytest
from flask import Flask

from backmark.grader.model.people import RosterEntry
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web.pages import submissions_view
from tests.web.concluding import conclude
from tests.web.test_pages import SECRET
from tests.web.verdicts import failing_verdict, passing_verdict
from tests.web.visitor import HOME, Visitor

pytestmark = pytest.mark.service(secret=SECRET)

LIST = f"{HOME}/submissions"
ROSTER = [
    RosterEntry("s1024", "Ada Lovelace", "17"),
    RosterEntry("grace@example.edu", "Grace Hopper", "hopper-18"),
    RosterEntry("s77", "Emmy Nöther", "19"),
    RosterEntry("s88", "Sin\N{COMBINING ACUTE ACCENT}ead O\u2019Hara", "20"),
]


@pytest.fixture
def visitor(app: Flask, store: Store) -> Visitor:
    store.courses.put_roster("course", ROSTER, "csv", "prof")
    return Visitor(app, store)


def hand_in(store: Store, student: str, filename: str = "a.py") -> str:
    """A submission that waits."""
    revision = store.assignments.current("course", "udl-7.2")
    assert revision is not None
    new = NewSubmission("course", "udl-7.2", revision.id, student, filename, f"x = {student!r}".encode())
    return store.submissions.accept(new).id


def list_students(page: str) -> list[str]:
    """The students of the list, in its order."""
    return [
        unescape(name) for name in re.findall(r'<a class="student" href="[^"]*/submissions/[^"]+">([^<]+)</a>', page)
    ]


@pytest.mark.parametrize(
    ("who", "students"),
    [
        ("ada", ["ada!5f1c09a7be42", "s1024"]),
        ("LOVELACE", ["s1024"]),
        ("102", ["s1024"]),
        ("example.edu", ["grace@example.edu"]),
        ("hopper-1", ["grace@example.edu"]),
        ("nöther", ["s77"]),
        ("NÖT", ["s77"]),
        ("noether", []),
        ("nother", ["s77"]),
        ("O'Hara", ["s88"]),
        ("ohara", ["s88"]),
        ("'", []),
        ("s", ["s88", "s77", "s1024"]),
        ("%a", []),
        ("[a-z]", []),
        ("nobody", []),
    ],
)
def test_submissions_are_found_by_names_and_parts_of_ids_and_mails(
    visitor: Visitor, store: Store, who: str, students: list[str]
) -> None:
    for student in ("s1024", "grace@example.edu", "s77", "s88", "ada!5f1c09a7be42"):
        hand_in(store, student)
    page = visitor.get(f"{LIST}?who={who.replace('%', '%25')}")
    assert list_students(page) == students
    assert f"{len(students)} submission" in page or not students


def test_one_student_is_still_found_by_the_whole_name_alone(visitor: Visitor, store: Store) -> None:
    for student in ("ada", "adam"):
        hand_in(store, student)
    assert list_students(visitor.get(f"{LIST}?student=ada")) == ["ada"]
    assert list_students(visitor.get(f"{LIST}?who=ada")) == ["adam", "ada"]


def test_the_list_is_ordered_by_a_click_and_says_so(visitor: Visitor, store: Store) -> None:
    conclude(store, hand_in(store, "bob"), passing_verdict())
    conclude(store, hand_in(store, "ada"), failing_verdict())
    hand_in(store, "cy")
    page = visitor.get(LIST)
    assert list_students(page) == ["cy", "ada", "bob"]
    assert "3 submissions" in page
    orders = {
        "Student": [["ada", "bob", "cy"], ["cy", "bob", "ada"]],
        "Marks": [["cy", "ada", "bob"], ["bob", "ada", "cy"]],
        "Handed in": [["cy", "ada", "bob"], ["bob", "ada", "cy"]],
    }
    for label, (first, second) in orders.items():
        for expected in (first, second):
            page = visitor.get(LIST + click(page, label))
            assert list_students(page) == expected, label
    assert page.count("aria-sort") == 1


def click(page: str, label: str) -> str:
    """The query that the heading of a column leads to."""
    match = re.search(rf'<a href="[^"?]*(\?[^"]+)">{label}', page)
    assert match is not None
    return unescape(match[1])


def test_an_order_keeps_what_was_searched_and_its_pages_are_complete(visitor: Visitor, store: Store) -> None:
    for number in range(120):
        hand_in(store, f"s{(7 * number) % 120:03}")
    hand_in(store, "other")
    path, students = f"{LIST}?who=s&state=queued&order=student&way=up", []
    while path:
        page = visitor.get(path)
        assert "120 submissions" in page
        students += list_students(page)
        match = re.search(r'rel="next" href="([^"]+)"', page)
        path = "" if match is None else unescape(match[1])
    assert students == [f"s{number:03}" for number in range(120)]


def test_what_is_counted_and_sorted_has_bounds_that_are_said(
    visitor: Visitor, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions_view, "COUNTED", 8)
    monkeypatch.setattr(submissions_view, "SORTED", 4)
    monkeypatch.setattr(submissions_view, "PAGE", 2)
    monkeypatch.setattr(submissions_view, "NAMED", 1)
    for number in range(6):
        hand_in(store, f"s{number}")
    assert "6 submissions." in visitor.get(LIST)
    page = visitor.get(f"{LIST}?order=student&way=up")
    assert "6 submissions; only the newest 4 are sorted here" in page
    assert list_students(page) == ["s2", "s3"]
    for number in range(6, 9):
        hand_in(store, f"s{number}")
    assert "8 submissions or more" in visitor.get(LIST)
    vague = visitor.get(f"{LIST}?who=1")
    assert "More than 1 students of the roster match" in vague


@pytest.mark.parametrize("query", ["order=x", "order=student&way=x", "page=999999", "order=marks&page=0", "who=%00"])
def test_a_query_that_nobody_clicked_does_no_harm(visitor: Visitor, store: Store, query: str) -> None:
    hand_in(store, "ada")
    visitor.get(f"{LIST}?{query}")


def test_as_many_students_as_a_search_may_name_are_looked_for_at_once(visitor: Visitor, store: Store) -> None:
    entries = [RosterEntry(f"s{number}", f"Student {number}") for number in range(submissions_view.NAMED + 1)]
    store.courses.put_roster("course", entries, "csv", "prof")
    hand_in(store, "s1999")
    assert list_students(visitor.get(f"{LIST}?who=student+1")) == ["s1999"]
    assert "Type more of the name" in visitor.get(f"{LIST}?who=student")


def test_roster_and_marks_are_searched_by_the_id_of_the_lms_too(visitor: Visitor) -> None:
    for path in (f"{HOME}/roster", f"{HOME}/assignments/udl-7.2/marks"):
        page = visitor.get(f"{path}?name=HOPPER-18")
        assert ("grace@example.edu" in page, "s1024" in page) == (True, False), path
    assert "1 student found" in visitor.get(f"{HOME}/roster?name=hopper")


@pytest.mark.parametrize("name", ["nother", "NÖTHER", "emmy no"])
def test_roster_and_marks_are_searched_without_accents(visitor: Visitor, name: str) -> None:
    for path in (f"{HOME}/roster", f"{HOME}/assignments/udl-7.2/marks"):
        page = visitor.get(f"{path}?name={name}")
        assert ("s77" in page, "s1024" in page) == (True, False), path
