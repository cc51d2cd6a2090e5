"""A refused file is one thing everywhere: no attempt and no number, no zero, and yet not nothing."""

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask import Flask

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.records import Scope, State, SubmissionRecord, is_attempt
from backmark.grader.model.terms import Policy
from backmark.grader.store.functions import read_script
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web import links
from tests.web.concluding import conclude
from tests.web.verdicts import failing_verdict
from tests.web.visitor import HTML, Visitor

pytestmark = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - guards nothing

COURSE, ASSIGNMENT = "course", "udl-7.2"
HERE = f"/courses/{COURSE}/assignments/{ASSIGNMENT}"


@pytest.fixture
def visitor(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


@pytest.fixture
def refused(store: Store) -> SubmissionRecord:
    """Ada's first file, which was refused; then she failed, and Bo has only a refused one. Cy handed in nothing."""
    store.courses.put_roster(COURSE, [RosterEntry("ada"), RosterEntry("bo"), RosterEntry("cy")], "csv", "staff")
    first = hand_in(store, "ada", b"1", refused_verdict())
    hand_in(store, "ada", b"2", failing_verdict())
    hand_in(store, "bo", b"3", refused_verdict())
    return read(store, first)


def refused_verdict() -> dict[str, Any]:
    row = failing_verdict()["properties"][0] | {"outcome": "not_run", "counterexample": None}
    return failing_verdict() | {
        "outcome": "rejected",
        "properties": [row],
        "counterexample": None,
        "error": {"type": "empty", "message": "It holds no code.", "traceback": ""},
    }


def hand_in(store: Store, student: str, source: bytes, verdict: dict[str, Any]) -> str:
    revision = store.assignments.current(COURSE, ASSIGNMENT)
    assert revision is not None
    name = store.submissions.accept(NewSubmission(COURSE, ASSIGNMENT, revision.id, student, "a.py", source)).id
    conclude(store, name, verdict)
    return name


def read(store: Store, name: str) -> SubmissionRecord:
    record = store.submissions.get(name)
    assert record is not None
    return record


def row_of(page: str, student: str) -> str:
    (row,) = [row for row in page.split("<tr>") if f'marks/{student}">' in row]
    return " ".join(re.sub("<[^>]+>", " ", row).split())


def test_functions_and_python_agree_on_what_is_an_attempt(store: Store) -> None:
    script = read_script() + "return is_attempt(ARGV[1], ARGV[2] ~= '' and ARGV[2] or false) and 1 or 0"
    for state in State:
        for outcome in (*Outcome, None) if state is State.DONE else (None,):
            found: Any = store.redis.eval(script, 0, state, outcome or "")
            assert bool(found) == is_attempt(state, outcome), (state, outcome)


def test_it_has_no_number_and_no_marks_and_the_next_file_is_attempt_1(store: Store, refused: SubmissionRecord) -> None:
    assert (refused.attempt, refused.score, refused.max_score) == (None, None, None)
    newest = store.submissions.many([refused.id])[0]
    assert newest.attempt is None
    (attempt,) = store.courses.attempts_of(COURSE, ASSIGNMENT, "ada")
    assert read(store, attempt.submission).attempt == 1


def test_the_marks_of_a_class_tell_it_from_nothing(visitor: Visitor, refused: SubmissionRecord) -> None:
    assert refused.outcome == "rejected"
    page = visitor.get(f"{HERE}/marks")
    assert "1 file refused, so no attempt" in row_of(page, "bo")
    assert "handed in nothing" in row_of(page, "cy")
    assert "handed in nothing" not in row_of(page, "bo")
    assert ['marks/bo">' in visitor.get(f"{HERE}/marks?show={show}") for show in ("nothing", "refused", "waiting")] == [
        False,
        True,
        False,
    ]
    table = visitor.get(f"{HERE}/marks.csv").splitlines()
    header, rows = (
        table[0].split(","),
        [dict(zip(table[0].split(","), line.split(","), strict=True)) for line in table[1:]],
    )
    assert header[-3:] == ["refused_files", "section", "override_kind"]
    assert [(row["student"], row["mark"], row["attempts"], row["refused_files"]) for row in rows] == [
        ("ada", "0", "1", "1"),
        ("bo", "", "0", "1"),
        ("cy", "", "0", "0"),
    ]
    assert "1 file was refused before it ran: no attempt, and no mark." in visitor.get(f"{HERE}/marks/bo")


def test_a_stranger_whose_files_were_all_refused_is_listed(visitor: Visitor, store: Store) -> None:
    hand_in(store, "guest", b"1", refused_verdict())
    assert "1 file refused" in row_of(visitor.get(f"{HERE}/marks"), "guest")


def test_the_figures_of_a_class_leave_it_out(visitor: Visitor, refused: SubmissionRecord) -> None:
    assert refused.student == "ada"
    page = visitor.get(HERE)
    figures = dict(re.findall(r"<dt>([^<]+)</dt><dd class=\"figure\">(?:<a[^>]+>)?(\d+)", page))
    assert figures == {
        "Students who handed in": "1",
        "Students who passed": "0",
        "Attempts": "1",
        "Refused files": "2",
    }
    assert "outcome=rejected" not in page.split('id="outcomes"')[1]


def test_lists_and_pages_give_it_no_number_and_no_zero(visitor: Visitor, refused: SubmissionRecord) -> None:
    listed = visitor.get(f"/courses/{COURSE}/submissions?outcome=rejected&student=ada").split("<tbody>")[1]
    assert '<td class="number"></td>\n    <td class="number"></td>' in listed
    page = visitor.get(f"/courses/{COURSE}/submissions/{refused.id}")
    assert "refused, so no attempt" in page
    assert "None" not in page


def test_a_student_reads_that_it_is_none(app: Flask, store: Store, refused: SubmissionRecord) -> None:
    store.courses.set_policy(COURSE, ASSIGNMENT, Policy(attempts=2), "staff")
    with app.test_request_context():
        verdict, form = str(links.verdict(refused)), links.hand_in(COURSE, ASSIGNMENT, "ada")
    page = app.test_client().get(verdict, headers=HTML).text
    assert "refused, so no attempt" in page
    assert "attempt None" not in page
    page = app.test_client().get(form, headers=HTML).text
    assert re.findall(r'<td><a href="[^"]+">([^<]+)</a></td>', page) == ["Attempt 1", "No attempt"]
    assert page.count("0 of 2</td>") == 1


@pytest.mark.parametrize("scopes", [{Scope.STAFF}, {Scope.READ, Scope.SUBMIT}])
def test_the_api_says_null(app: Flask, store: Store, refused: SubmissionRecord, scopes: set[Scope]) -> None:
    secret = store.tokens.create("api", COURSE, frozenset(scopes))[1]
    client, headers = app.test_client(), {"Authorization": f"Bearer {secret}"}
    body = client.get(f"/api/v1/submissions/{refused.id}", headers=headers).get_json()
    assert (body["outcome"], body["attempt"], body["score"], body["max_score"]) == ("rejected", None, None, None)
    score = json.loads(client.get(f"/api/v1/submissions/{refused.id}?format=lti", headers=headers).data)
    assert "scoreGiven" not in score
    assert (score["gradingProgress"], "holds no code" in score["comment"]) == ("NotReady", True)
    suite = ET.fromstring(client.get(f"/api/v1/submissions/{refused.id}?format=junit", headers=headers).data)  # noqa: S314 - ours
    names = {element.attrib["name"] for element in suite.iter("property")}
    assert not any(name.startswith(("attempt", "score", "max_score")) for name in names)


def test_the_api_counts_it_apart(app: Flask, store: Store, refused: SubmissionRecord) -> None:
    assert refused.attempt is None
    secret = store.tokens.create("api", COURSE, {Scope.STAFF})[1]
    headers = {"Authorization": f"Bearer {secret}"}
    marks = app.test_client().get(f"/api/v1{HERE}/marks", headers=headers).get_json()["items"]
    assert [(mark["student"], mark["share"], mark["attempts"], mark["refused_files"]) for mark in marks] == [
        ("ada", 0.0, 1, 1),
        ("bo", None, 0, 1),
        ("cy", None, 0, 0),
    ]
