"""Links to hand in end: by staff, with the assignment, with the student; an ended one is refused everywhere."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backmark.grader.model.people import RosterEntry
from backmark.grader.model.terms import Extension, Policy
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import AcceptedSubmission, NewSubmission, Submissions
from backmark.grader.web import links
from backmark.grader.web.usecases.hand_in_links import LINK_COLUMNS
from tests.web.asking import Asker
from tests.web.concluding import conclude, conclude_next
from tests.web.test_pages import HTML, SECRET, guard, make_link, with_secret
from tests.web.verdicts import passing_verdict
from tests.web.visitor import Visitor

UDL = "/courses/course/assignments/udl-7.2"
ASSIGNMENT = "udl-7.2"
DAY = 86_400


def link_of(app: Flask, student: str | None = "ada", days: float | None = None, assignment: str = ASSIGNMENT) -> str:
    """A link that is made now."""
    lifetime = None if days is None else timedelta(days=days)
    return make_link(app, lambda: links.hand_in("course", assignment, student, lifetime=lifetime))


def send(app: Flask, link: str, source: bytes = b"x = 1", **fields: str) -> TestResponse:
    """Hand in by a link, whose form was opened before."""
    return app.test_client().post(link, headers=HTML, data={**fields, "file": (io.BytesIO(source), "a.py")})


def refusal(answer: TestResponse) -> str:
    """The reason of a refused link."""
    assert (answer.status_code, "This link has ended" in answer.text) == (410, True), answer.text
    return answer.text


def holds(app: Flask, link: str) -> bool:
    """True if the page of a link is shown."""
    answer = app.test_client().get(link, headers=HTML)
    assert answer.status_code in {200, 410}, answer.text
    return answer.status_code == 200


@with_secret
def test_staff_end_the_links_of_one_student_and_those_made_later_hold(app: Flask, store: Store) -> None:
    ended_links = [link_of(app), link_of(app, days=30)]
    others = [link_of(app, "bob"), link_of(app, None), link_of(app, assignment="other")]
    page = Visitor(app, store).post(f"{UDL}/links/end", UDL, student="ada")
    assert "The links of <strong" in page.text
    for link in ended_links:
        assert "The staff of the course have ended this link" in refusal(app.test_client().get(link, headers=HTML))
        refusal(send(app, link))
    with app.test_request_context():
        assert links.open_hand_in(others[2].rpartition("/")[2]).assignment == "other"
    assert [holds(app, link) for link in others[:2]] == [True] * 2
    later_link = link_of(app)
    assert (holds(app, later_link), send(app, later_link).status_code) == (True, 303)
    assert store.submissions.list(Filter("course")).items[0].student == "ada"
    Visitor(app, store).post(f"{UDL}/links/end", UDL, student="ada")
    assert not any(holds(app, link) for link in (*ended_links, later_link))


@with_secret
def test_staff_end_all_links_of_an_assignment(app: Flask, store: Store) -> None:
    all_links = [link_of(app, student) for student in ("ada", None)]
    visitor = Visitor(app, store)
    assert visitor.post(f"{UDL}/links/end", UDL).status_code == 422
    assert all(holds(app, link) for link in all_links)
    assert "All links to hand in" in visitor.post(f"{UDL}/links/end", UDL, all="1").text
    assert not any(holds(app, link) for link in all_links)
    assert all(holds(app, link_of(app, student)) for student in ("ada", None))


@with_secret
@pytest.mark.parametrize("student", ["ada", None])
def test_a_link_that_ends_while_a_file_is_on_its_way_takes_nothing(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch, student: str | None
) -> None:
    """The script that records looks again."""
    link, browser = link_of(app, student), app.test_client()
    token = guard(browser, link)
    accept = Submissions.accept

    def end_first(submissions: Submissions, new: NewSubmission) -> AcceptedSubmission:
        links.end("course", ASSIGNMENT, student, "prof")
        return accept(submissions, new)

    monkeypatch.setattr(Submissions, "accept", end_first)
    form: dict[str, Any] = {"csrf_token": token, "student": "ada", "file": (io.BytesIO(b"x = 1"), "a.py")}
    refusal(browser.post(link, headers=HTML, data=form))
    assert store.submissions.list(Filter("course")).items == ()


@with_secret
@pytest.mark.service(
    secret=SECRET, student_rate="10000/minute", refused_rate="10000/minute", submit_rate="10000/minute"
)
def test_nothing_that_came_by_a_link_is_recorded_after_its_end(app: Flask, store: Store) -> None:
    link = link_of(app)

    def hand_in(number: int) -> int:
        if number == 20:
            with app.test_request_context():
                links.end("course", ASSIGNMENT, "ada", "prof")
            return 0
        # The same file again would be the same attempt.
        return send(app, link, f"x = {number}".encode(), once=str(number)).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(hand_in, range(60)))
    (end,) = store.courses.audit("course").items
    recorded = store.submissions.list(Filter("course"), 200).items
    assert set(statuses) <= {0, 303, 410}
    assert len(recorded) == statuses.count(303)
    assert all(submission.created < end.at for submission in recorded)
    assert statuses[-1] == 410


@pytest.mark.service(secret=SECRET, student_seconds_rate="10/hour")
def test_all_names_that_one_browser_types_share_its_seconds_and_no_other_browser_does(app: Flask, store: Store) -> None:
    link = link_of(app, None)

    def hand_in(browser: FlaskClient, name: str) -> int:
        form: dict[str, Any] = {"csrf_token": guard(browser, link), "student": name}
        return browser.post(link, headers=HTML, data={**form, "file": (io.BytesIO(b"x = 1"), "a.py")}).status_code

    hostile, honest = app.test_client(), app.test_client()
    assert hand_in(hostile, "ada") == 303
    conclude_next(store, 11.0)
    assert (hand_in(hostile, "bob"), hand_in(honest, "ada")) == (429, 303)
    assert send(app, link_of(app, "ada")).status_code == 303


@with_secret
def test_closing_ends_handing_in_and_never_reading(app: Flask, store: Store) -> None:
    before, browser = link_of(app), app.test_client()
    send(app, before)
    conclude(store, store.submissions.list(Filter("course")).items[0].id, passing_verdict())
    store.courses.set_policy("course", ASSIGNMENT, Policy(closes=1767225600.0), "prof")
    for link in (before, link_of(app), link_of(app, days=3)):
        page = browser.get(link, headers=HTML).text
        for sentence in ("This assignment has closed", "2 of 2", ">Attempt 1</a>", "Handing in ended <time"):
            assert sentence in page
        assert 'type="file"' not in page
        assert (send(app, link, b"x = 2").status_code, len(store.submissions.list(Filter("course")).items)) == (422, 1)
    assert "This page stays." in browser.get(before, headers=HTML).text
    store.courses.set_extension("course", ASSIGNMENT, Extension("ada", None, 4102444800.0, None, "prof", "ill"))
    assert send(app, before, b"x = 2").status_code == 303


@with_secret
def test_marks_that_were_held_back_are_read_by_the_same_link_after_closing(app: Flask, store: Store) -> None:
    link, browser = link_of(app), app.test_client()
    send(app, link)
    conclude(store, store.submissions.list(Filter("course")).items[0].id, passing_verdict())
    store.courses.set_policy("course", ASSIGNMENT, Policy(closes=1767225600.0, held_back=True), "prof")
    page = browser.get(link, headers=HTML).text
    assert ("handed in; marks follow" in page, "2 of 2" in page) == (True, False)
    assert store.courses.publish_marks("course", ASSIGNMENT, "prof")
    page = browser.get(link, headers=HTML).text
    assert "Your mark: <strong>2 of 2</strong> (attempt 1)." in page
    (verdict,) = re.findall(r'<a href="(/verdicts/[^"]+)">Attempt 1</a>', page)
    assert browser.get(verdict, headers=HTML).status_code == 200


@with_secret
@pytest.mark.parametrize("closes", [None, 1767225600.0, 4102444800.0])
def test_staff_see_the_page_that_the_students_link_shows(app: Flask, store: Store, closes: float | None) -> None:
    send(app, link := link_of(app))
    store.courses.set_policy("course", ASSIGNMENT, Policy(closes=closes), "prof")
    as_student = Visitor(app, store).get(f"{UDL}/as-student?student=ada")
    seen = [_seen(page) for page in (as_student, app.test_client().get(link, headers=HTML).text)]
    assert seen[0] == seen[1]


def _seen(page: str) -> str:
    """The text of a page without what only staff read on it, and without minutes, one of which may pass."""
    page = re.sub(r'<div class="notice info row apart".*?</div>', "", page, flags=re.DOTALL)
    main = re.sub(r"<[^>]+>", " ", page.partition("<main")[2].partition("</main>")[0])
    return re.sub(r"\d\d:\d\d UTC", "", " ".join(main.split()))


@pytest.mark.service(secret=SECRET, link_days=1)
def test_a_link_holds_until_a_close_that_is_later_than_its_days(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.courses.set_policy("course", ASSIGNMENT, Policy(closes=store.time() + 10 * DAY), "prof")
    link = link_of(app)
    now = store.time()
    monkeypatch.setattr("backmark.grader.web.links.time.time", lambda: now + 5 * DAY)
    assert holds(app, link)
    monkeypatch.setattr(Store, "time", lambda _: now + 5 * DAY)
    assert "You can hand in until" in app.test_client().get(link, headers=HTML).text
    store.courses.remove_policy("course", ASSIGNMENT, "prof")
    assert "This link takes no more files." in app.test_client().get(link, headers=HTML).text
    assert "It used up no attempt." in send(app, link).text
    assert store.submissions.list(Filter("course")).items == ()


@pytest.mark.service(secret=SECRET, public_url="https://backmark.example.edu")
def test_links_are_made_and_ended_by_the_api(app: Flask, store: Store, staff: Asker, portal: Asker) -> None:
    made = staff.post(f"{UDL}/links", json={"student": "ada"})
    link = made.get_json()
    assert (made.status_code, link["student"]) == (201, "ada")
    assert link["url"] == f"https://backmark.example.edu{made.headers['Location']}"
    assert datetime.fromisoformat(link["hands_in_until"]) > datetime.now(UTC) + timedelta(days=179)
    made_for_class = staff.post(f"{UDL}/links", json={"days": 3})
    ends, in_class = made_for_class.get_json()["reads_until"], made_for_class.headers["Location"]
    assert (link["reads_until"], ends) == (None, made_for_class.get_json()["hands_in_until"])
    assert holds(app, made.headers["Location"])
    assert staff.delete(f"{UDL}/links/ada").status_code == 204
    assert (holds(app, made.headers["Location"]), holds(app, in_class)) == (False, True)
    assert staff.delete(f"{UDL}/links").status_code == 204
    assert not holds(app, in_class)
    store.courses.set_policy("course", ASSIGNMENT, Policy(due=4102444800.0), "prof")
    assert staff.post(f"{UDL}/links", json={}).status_code == 422
    for asker in (portal, Asker.with_token(app, store, "elsewhere")):
        for answer in (asker.post(f"{UDL}/links", json={}), asker.delete(f"{UDL}/links")):
            assert answer.status_code in {403, 404}


def test_without_a_secret_links_are_neither_made_nor_ended(staff: Asker) -> None:
    for answer in (staff.post(f"{UDL}/links", json={}), staff.delete(f"{UDL}/links"), staff.delete(f"{UDL}/links/ada")):
        assert (answer.status_code, answer.get_json()["type"]) == (503, "/problems/no-secret")


@with_secret
def test_making_and_ending_links_is_logged(app: Flask, store: Store, staff: Asker) -> None:
    store.courses.put_roster("course", [RosterEntry("ada"), RosterEntry("bob")], "csv", "")
    visitor = Visitor(app, store)
    visitor.post(f"{UDL}/links", UDL, student="ada", days="3")
    visitor.post(f"{UDL}/links", UDL)
    visitor.post(f"{UDL}/links/end", UDL, student="ada")
    staff.delete(f"{UDL}/links")
    items = store.courses.audit("course").items[:4]
    assert [(item.author, item.act, item.subject, item.student) for item in items] == [
        ("test", "link.end_all", ASSIGNMENT, ""),
        ("test", "link.end", ASSIGNMENT, "ada"),
        ("test", "link.make_class", ASSIGNMENT, ""),
        ("test", "link.make", ASSIGNMENT, "ada"),
    ]
    log = re.sub(r"\s+", " ", visitor.read("/courses/course/log"))
    for sentence in ("made a link for ada to hand in for udl-7.2", "ended all links to hand in for udl-7.2"):
        assert sentence in log


@with_secret
def test_the_links_of_a_deleted_student_end_with_them(app: Flask, store: Store, staff: Asker) -> None:
    """Also one that staff had ended before, whose ending names nobody."""
    first, other = link_of(app), link_of(app, "bob")
    staff.delete(f"{UDL}/links/ada")
    second = link_of(app)
    send(app, second)
    staff.delete("/students/ada")
    assert [holds(app, link) for link in (first, second, other)] == [False, False, True]
    assert send(app, second).status_code == 410
    assert store.submissions.list(Filter("course")).items == ()
    stored = str(store.redis.hgetall("bm:links-ended"))
    # As words: a hash may well have the letters of `ada` in it.
    assert not re.search(r"\b(ada|course|udl)\b", stored)
    assert holds(app, link_of(app))


@with_secret
def test_the_links_of_a_deleted_course_end_with_it(app: Flask, store: Store, admin: Asker) -> None:
    all_links = [link_of(app), link_of(app, None)]
    send(app, all_links[0])
    assert admin.delete("/courses/course?confirm=course").status_code == 200
    assert not any(holds(app, link) for link in all_links)
    assert store.redis.keys("*course*") == []
    assert holds(app, link_of(app))


@with_secret
def test_a_table_of_links_needs_the_address_of_the_server(app: Flask, store: Store) -> None:
    store.courses.put_roster("course", [RosterEntry("ada")], "csv", "prof")
    visitor = Visitor(app, store)
    assert "links.csv" not in (page := visitor.get(UDL))
    assert "set <code>BACKMARK_PUBLIC_URL</code> to that address" in page
    assert "BACKMARK_PUBLIC_URL" in visitor.get(f"{UDL}/links.csv", 503)


@pytest.mark.service(secret=SECRET, public_url="http://backmark.example.edu")
def test_a_table_of_links_has_a_whole_one_for_each_student_who_is_there(app: Flask, store: Store) -> None:
    entries = [RosterEntry("ada", "Ada", "17"), RosterEntry("bob")]
    store.courses.put_roster("course", entries, "csv", "prof")
    store.courses.put_roster("course", entries[:1], "csv", "prof")
    store.courses.set_policy("course", ASSIGNMENT, Policy(closes=1767225600.0), "prof")
    store.courses.set_extension("course", ASSIGNMENT, Extension("ada", None, 4102444800.0, None, "prof", "ill"))
    header, row = Visitor(app, store).get(f"{UDL}/links.csv").split()
    student, name, lms_id, link, *until = row.split(",")
    assert (header, student, name, lms_id) == (",".join(LINK_COLUMNS), "ada", "Ada", "17")
    assert until == ["2100-01-01T00:00:00+00:00", ""]
    assert holds(app, link.removeprefix("http://backmark.example.edu"))
    assert link.startswith("http://backmark.example.edu/hand-in/")
    (entry,) = [entry for entry in store.courses.audit("course").items if entry.act == "link.make_roster"]
    assert (entry.subject, entry.details) == (ASSIGNMENT, {"students": 1, "section": ""})


@with_secret
def test_links_are_made_and_ended_by_name_and_for_no_unknown_id(app: Flask, store: Store) -> None:
    entries = [RosterEntry("s1", "Leonhard Patel", "17"), RosterEntry("s2", "Bo Lee"), RosterEntry("s3", "Kim Lee")]
    store.courses.put_roster("course", entries, "csv", "prof")
    send(app, link_of(app, "guest"))
    visitor = Visitor(app, store)
    for written, student in (("leonhard patel", "s1"), ("Patel, Leonhard", "s1"), ("17", "s1"), ("guest", "guest")):
        for action in ("links", "links/end"):
            assert visitor.post(f"{UDL}/{action}", UDL, student=written).status_code == 200
            assert store.courses.audit("course").items[0].student == student
    assert "s1 (Leonhard Patel)</strong>" in visitor.post(f"{UDL}/links", UDL, student="s1").text
    acts = len(store.courses.audit("course").items)
    for written, fault in (("s4", "s4 is neither an id nor a name in the roster"), ("lee", "of one: s2, s3.")):
        for action in ("links", "links/end"):
            answer = visitor.post(f"{UDL}/{action}", UDL, student=written)
            assert (answer.status_code, fault in answer.text) == (422, True)
            assert f'value="{written}"' in answer.text
    assert len(store.courses.audit("course").items) == acts
