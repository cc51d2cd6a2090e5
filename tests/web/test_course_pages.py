"""Pages of a course as a whole: its roster, its log, its export and its deletion."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from flask import Flask

from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.records import Scope
from backmark.grader.model.terms import Override, Policy
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web.pages.staff_logs import describe
from tests.web.visitor import HOME, Visitor

pytestmark = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - guards nothing

COURSE = "course"
GRADER = Path(__file__).parents[2] / "grader"
ROSTER, STUDENTS = f"{HOME}/roster", f"{HOME}/roster/students"


@pytest.fixture
def visitor(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


def upload(visitor: Visitor, text: str) -> str:
    return visitor.post(ROSTER, ROSTER, file=(io.BytesIO(text.encode()), "roster.csv")).text


def test_a_file_replaces_the_roster_and_who_is_not_in_it_left(visitor: Visitor, store: Store) -> None:
    assert "2 students added, 0 changed, 0 left" in upload(visitor, "student,name,lms_id\nada,<b>Ada</b>,17\nbo,Bo,\n")
    assert "&lt;b&gt;Ada&lt;/b&gt;" in visitor.get(ROSTER)
    assert "0 students added, 0 changed, 1 left" in upload(visitor, "student,name,lms_id\nada,<b>Ada</b>,17\n")
    roster = store.courses.roster(COURSE)
    assert (roster["ada"].left, roster["ada"].lms_id) == (None, "17")
    assert roster["bo"].left is not None
    assert "1 student, and 1 who left" in visitor.get(ROSTER)


def test_a_file_that_is_no_roster_changes_nothing(visitor: Visitor, store: Store) -> None:
    store.courses.put_roster(COURSE, [RosterEntry("ada")], "csv", "staff")
    assert "must name the columns: student" in upload(visitor, "name\nAda\n")
    assert "is not a valid student id" in upload(visitor, "student\nbo\na b\n")
    assert "Choose a CSV file." in visitor.post(ROSTER, ROSTER).text
    assert list(store.courses.roster(COURSE)) == ["ada"]


def test_columns_that_a_roster_s_file_has_in_vain_are_named(visitor: Visitor) -> None:
    page = upload(visitor, "Student;<b>Full name</b>;Canvas ID;name\nada;x;101;Ada\n")
    assert "Ignored: columns" in page
    assert "&lt;b&gt;Full name&lt;/b&gt;, Canvas ID</strong>" in page
    assert "Not read" not in upload(visitor, "student,name,lms_id\nada,Ada,101\n")


def test_one_student_is_added_changed_and_removed(visitor: Visitor, store: Store) -> None:
    visitor.post(STUDENTS, ROSTER, student="cy", name="Cy", lms_id="9")
    visitor.post(STUDENTS, ROSTER, student="cy", name="Cy Twombly", lms_id="9")
    entry = store.courses.roster(COURSE)["cy"]
    assert (entry.name, entry.lms_id, entry.source) == ("Cy Twombly", "9", "staff")
    for student, sentence in (
        ("a b", "Name one student"),
        ("&lt;", "is not a valid student id"),
        ("", "Name one student"),
    ):
        assert sentence in visitor.post(STUDENTS, ROSTER, student=student).text
    visitor.post(STUDENTS, ROSTER, remove="cy")
    assert store.courses.roster(COURSE) == {}


def test_the_log_says_who_did_what_and_why(visitor: Visitor, store: Store) -> None:
    store.courses.set_policy(COURSE, "udl-7.2", Policy(due=1_804_269_600, late=12.5), "Prof. <Lagrange>")
    store.courses.set_override(COURSE, "udl-7.2", Override("ada", 0.625, "Prof. <Lagrange>", "spoken & agreed"))
    page = visitor.read(f"{HOME}/log")
    for sentence in (
        "<strong>Prof. &lt;Lagrange&gt;</strong> gave ada a mark for udl-7.2",
        "set the policy of udl-7.2",
        "spoken &amp; agreed",
        "share 62.5%",
        "due 5 March 2027, 18:00 UTC",
    ):
        assert sentence in page


def test_the_log_names_students_as_the_roster_does(visitor: Visitor, store: Store) -> None:
    store.courses.put_roster(COURSE, [RosterEntry("s7", "Ada <Lovelace>")], "csv", "prof")
    store.courses.set_override(COURSE, "udl-7.2", Override("s7", 0.5, "prof", "orally"))
    assert "gave s7 (Ada &lt;Lovelace&gt;) a mark for udl-7.2" in visitor.read(f"/courses/{COURSE}/log")


def test_an_act_of_a_newer_version_is_called_by_its_name() -> None:
    act = describe(AuditEntry(1, "staff", "merge.done", "x{y}", details={"left": None}))
    assert (act.act, act.details) == ("merge.done x{y}", ())
    assert describe(AuditEntry(1, "staff", "override.set", "x")).act.startswith("gave a student whose data was deleted")


def test_every_act_that_is_recorded_is_shown_in_words() -> None:
    files = [file for room in ("store", "web") for file in (GRADER / room).rglob("*.*")]
    sources = [file.read_text("utf-8") for file in files if file.suffix in {".lua", ".py"}]
    recording_sources = [source for source in sources if re.search(r"record\(|AuditEntry\(|note_act\(", source)]
    acts = {
        act
        for source in recording_sources
        for act in re.findall(r"(?<!notify\()(?<!event=)[\"']([a-z]+\.(?!(?:jsonl?|py|csv)\b)[a-z_]+)[\"']", source)
    }
    assert acts >= {"override.set", "token.revoke", "scores.send"}
    assert [act for act in sorted(acts) if act in describe(AuditEntry(1, "staff", act, "x")).act] == []


def test_the_whole_course_is_sent_as_a_file(visitor: Visitor, store: Store) -> None:
    store.courses.put_roster(COURSE, [RosterEntry("ada")], "csv", "staff")
    answer = visitor.client.get(f"{HOME}/export")
    assert "course.json" in zipfile.ZipFile(io.BytesIO(answer.get_data())).namelist()


def test_only_an_admin_deletes_a_course_and_only_by_its_name(app: Flask, visitor: Visitor, store: Store) -> None:
    store.courses.put_roster(COURSE, [RosterEntry("ada")], "csv", "staff")
    assert visitor.post(f"{HOME}/delete", confirm=COURSE).status_code == 403
    admin = Visitor(app, store, "house", Scope.ADMIN)
    page = f"{HOME}/delete"
    assert "Nothing was deleted" in admin.post(page, page, confirm="curse").text
    assert "ada" in store.courses.roster(COURSE)
    assert "The course was deleted" in admin.post(page, page, confirm=COURSE).text
    assert store.courses.roster(COURSE) == {}


@pytest.mark.parametrize("page", ["roster", "log", "export", "delete"])
def test_another_course_has_none_of_these_pages(visitor: Visitor, page: str) -> None:
    visitor.get(f"/courses/other/{page}", 404)


def list_links(page: str) -> list[tuple[str, str]]:
    """The links of the log, newest first: where each leads, and what it says."""
    return re.findall(r'<a href="([^"]+)">([^<]+)</a>', page.partition("<tbody>")[2].partition("</tbody>")[0])


def test_entries_of_the_log_link_to_what_they_name(visitor: Visitor, store: Store) -> None:
    store.courses.put_roster(COURSE, [RosterEntry("ada")], "csv", "prof")
    store.courses.set_override(COURSE, "udl-7.2", Override("ada", 0.5, "prof", "orally"))
    store.courses.set_policy(COURSE, "udl-7.2", Policy(late=10), "prof")
    revision = store.assignments.current(COURSE, "udl-7.2")
    assert revision is not None
    new = NewSubmission(COURSE, "udl-7.2", revision.id, "ada", "a.py", b"1")
    submission = store.submissions.accept(new).id
    visitor.get(f"{HOME}/submissions/{submission}/source")
    at = f"{HOME}/assignments/udl-7.2"
    links = [(f"{HOME}/submissions/{submission}", submission), (f"{at}/marks/ada", "ada"), (f"{at}/policy", "udl-7.2")]
    links += [(f"{at}/marks/ada", "ada"), (f"{at}/marks", "udl-7.2")]
    assert list_links(visitor.get(f"{HOME}/log")) == links
    for path, _ in links:
        visitor.get(path)


def test_the_log_links_to_nothing_that_was_deleted(visitor: Visitor, store: Store) -> None:
    for act, subject in (("note.add", "gone"), ("regrade.start", "gone"), ("policy.set", "gone")):
        store.courses.record_act(COURSE, AuditEntry(0, "prof", act, subject))
    page = visitor.get(f"{HOME}/log")
    assert "set the policy of gone" in page
    assert list_links(page) == []
