"""Staff's pages: for who is signed in and of the course, guarded forms, and nothing of a student's but text."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from html import unescape
from typing import Any

import pytest
from flask import Flask

from backmark.grader.contracts import gallery
from backmark.grader.contracts.judging.proven_statement import ProvenStatement
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.publications import Refusal, RevisionRecord
from backmark.grader.model.reason import Explainer, Reason
from backmark.grader.model.records import Job, Kind, Scope, State
from backmark.grader.model.regrades import Mode, Phase, Selection
from backmark.grader.model.result import read_verdict
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.terms import Counts, Policy
from backmark.grader.model.verdict import NamedMistake
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from tests.store.regrading import claim_step, unit_graded
from tests.web.concluding import conclude, fail_submission, step
from tests.web.tomls import TOML, write_toml
from tests.web.verdicts import failing_verdict, passing_verdict
from tests.web.visitor import HOME, HTML, Visitor

SECRET = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - it guards nothing
pytestmark = SECRET
UDL = f"{HOME}/assignments/udl-7.2"


@pytest.fixture
def visitor(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


@pytest.fixture
def author(app: Flask, store: Store) -> Visitor:
    """One who may publish."""
    return Visitor(app, store, "course", Scope.STAFF, Scope.AUTHOR)


def hand_in(store: Store, student: str = "ada", source: bytes = b"x = 1\n", filename: str = "a.py") -> str:
    revision = store.assignments.current("course", "udl-7.2")
    assert revision is not None
    return store.submissions.accept(NewSubmission("course", "udl-7.2", revision.id, student, filename, source)).id


def submit_graded(store: Store, verdict: dict[str, Any] | None = None, **fields: Any) -> str:
    name = hand_in(store, **fields)
    conclude(store, name, verdict or failing_verdict())
    return name


def explained_verdict(title: str = "It leaves out the mask.") -> dict[str, Any]:
    hints = {"id": "mask", "title": title, "hint": "Look.", "strong_hint": "Look there.", "read": "7.2"}
    mistakes = [{"id": "mask", "title": title.removeprefix("It ").removesuffix(".")}]
    return failing_verdict() | {"diagnosis": [hints | {"mistakes": mistakes}]}


@pytest.mark.parametrize(
    "path",
    [
        HOME,
        UDL,
        f"{UDL}/regrade",
        f"{HOME}/publish",
        f"{HOME}/submissions",
        f"{HOME}/submissions/x",
        f"{HOME}/regrades",
        f"{UDL}/links.csv",
        f"{UDL}/gradebook",
        f"{HOME}/roster",
        f"{HOME}/log",
        f"{HOME}/export",
        f"{UDL}/marks",
        f"{UDL}/marks.csv",
        f"{UDL}/marks/ada",
        f"{UDL}/policy",
        f"{UDL}/as-student",
    ],
)
def test_strangers_are_sent_to_sign_in(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, headers=HTML)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/sign-in?next={path.replace('/', '%2F')}"


@pytest.mark.parametrize(
    "path",
    [
        *("", "/assignments/udl-7.2", "/publish", "/submissions", "/regrades"),
        *(f"/assignments/udl-7.2{page}" for page in ("/marks", "/marks.csv", "/marks/ada", "/policy", "/as-student")),
    ],
)
def test_foreign_courses_are_not_there(visitor: Visitor, path: str) -> None:
    assert "There is nothing here" in visitor.get(f"/courses/other{path}", 404)


def test_what_is_another_courses_is_not_there_under_ones_own(app: Flask, store: Store) -> None:
    name = submit_graded(store)
    regrade = store.regrades.request(Selection("course", "udl-7.2", "f" * 16)).regrade.id
    publication = store.publications.request(NewPublication("course", "mine", TOML)).id
    other_visitor = Visitor(app, store, "other")
    for path in (f"submissions/{name}", f"submissions/{name}/source", f"submissions/{name}/delete"):
        other_visitor.get(f"/courses/other/{path}", 404)
    for path in (f"regrades/{regrade}", f"regrades/{regrade}/report.csv", f"publications/{publication}"):
        other_visitor.get(f"/courses/other/{path}", 404)
    for path in (f"submissions/{name}/cancel", f"submissions/{name}/delete", f"regrades/{regrade}/cancel"):
        assert other_visitor.post(f"/courses/other/{path}", "/courses/other").status_code == 404
    assert store.submissions.get(name) is not None


@pytest.mark.parametrize(
    "path", ["/publish", "/retry", "/submissions/{}/cancel", "/submissions/{}/delete", "/submissions/{}/retry"]
)
def test_a_form_that_is_not_ours_does_nothing(visitor: Visitor, store: Store, path: str) -> None:
    name = hand_in(store)
    assert visitor.client.post(HOME + path.format(name), data={"toml": TOML}, headers=HTML).status_code == 400
    record = store.submissions.get(name)
    assert record is not None
    assert record.state is State.QUEUED
    assert not store.publications.list("course").items


def test_a_course_shows_its_assignments_and_what_happened_last(visitor: Visitor, store: Store) -> None:
    assert "Nobody has handed in yet" in visitor.get(HOME)
    submit_graded(store, explained_verdict())
    store.publications.request(NewPublication("course", "mine", TOML))
    store.regrades.request(Selection("course", "udl-7.2", "f" * 16))
    page = visitor.get(HOME)
    for words in ("Leaves out the mask", ">ada</a>", "Latest regrades", "Latest requests to publish"):
        assert words in page


def test_an_assignment_shows_how_the_class_stands(visitor: Visitor, store: Store) -> None:
    assert "Nobody has handed in yet" in visitor.get(UDL)
    submit_graded(store, explained_verdict())
    submit_graded(store, passing_verdict(), student="bob")
    page = visitor.get(UDL)
    for words in (
        "Leaves out the mask",
        "Students by their marks",
        "Attempts a ",
        "current",
        "50%",
    ):
        assert words in page
    assert "mistake=mask" in page
    visitor.get(f"{HOME}/assignments/none", 404)


def test_mistakes_that_students_still_make_are_told_from_those_that_they_ever_made(
    visitor: Visitor, store: Store
) -> None:
    """What counts decides, by the policy: a mistake in an attempt that counts not is no more made."""
    title = explained_verdict("It has the wrong sign.")["diagnosis"]
    title[0]["mistakes"][0]["id"] = "sign"
    for student, verdicts in {
        "ada": [explained_verdict(), passing_verdict()],
        "bob": [explained_verdict(), failing_verdict() | {"diagnosis": title}],
        "cy": [failing_verdict() | {"diagnosis": title}],
    }.items():
        for verdict in verdicts:
            submit_graded(store, verdict, student=student)
    store.courses.set_policy("course", "udl-7.2", Policy(counts=Counts.LAST), "staff")

    def rows() -> dict[str, list[str]]:
        table = re.findall(r"mistake=(\w+)\">(.*?)</tr>", visitor.get(UDL), re.DOTALL)
        return {name: re.findall(r'<td class="number[^>]*>(\d+)</td>', row) for name, row in table}

    # Still, ever, submissions; what most still make comes first.
    assert list(rows().items()) == [("sign", ["2", "2", "2"]), ("mask", ["0", "2", "2"])]
    store.courses.remove_policy("course", "udl-7.2", "staff")
    # Bob's attempts have the same marks: the first counts.
    assert rows() == {"mask": ["1", "2", "2"], "sign": ["1", "2", "2"]}


def test_nothing_of_a_page_is_inline(visitor: Visitor, store: Store) -> None:
    name = submit_graded(store, explained_verdict())
    current = store.assignments.current("course", "udl-7.2")
    assert current is not None
    for path in (HOME, UDL, f"{UDL}/revisions/{current.id}", f"{HOME}/submissions", f"{HOME}/submissions/{name}"):
        page = visitor.get(path)
        assert not re.search(r"<style|<script(?![^>]* src=)| style=| on[a-z]+=|javascript:", page)


def test_a_revision_shows_its_cases_and_what_they_catch(visitor: Visitor, store: Store) -> None:
    current = store.assignments.current("course", "udl-7.2")
    assert current is not None
    page = visitor.get(f"{UDL}/revisions/{current.id}")
    for words in ("Self-check", "The number of cases, of 200,", "Returns the weight gradients transposed"):
        assert words in page
    for words in ("ships with Backmark", "Cases by input size", "A medium-sized case", "Rows: which wrong"):
        assert words in page
    visitor.get(f"{UDL}/revisions/none", 404)
    visitor.get(f"{HOME}/assignments/other/revisions/{current.id}", 404)


def test_a_contracts_revision_shows_its_cases_by_size_and_dims_with_one_of_them(visitor: Visitor, store: Store) -> None:
    preview = {
        "cases": 30,
        "numbers": 4990,
        "inconclusive": 3,
        "sizes": {"2 to 3": 10, "4 to 7": 20},
        "corners": {"any": 20, "home": 10},
        "dims": {"K": {"values": {"0": 10, "1": 20}}, "rate": {"least": 0.0, "most": 3.0}},
        "example": {"dims": {"K": 1, "rate": 0.5}, "inputs": {"x": "(2, 1)"}},
        "mistakes": [{"id": "m", "title": "forgets <it>", "networks": 12}],
    }
    record = RevisionRecord(
        "r1", "course", '{"kind": "contract"}', "mine", "Mine", "0" * 64, 0.0, preview=json.dumps(preview)
    )
    store.assignments.publish(record, b"cases")
    page = visitor.get(f"{HOME}/assignments/mine/revisions/r1")
    for words in ("4,990", "any (20), home (10)", "0 (10), 1 (20)", "0.0 to 3.0", "K = 1, rate = 0.5", "(2, 1)"):
        assert words in page
    assert "The number of cases, of 30," in page
    assert "Cases by input size" in visitor.get(f"{HOME}/assignments/mine")


def test_a_revision_with_rows_shows_what_is_caught_of_their_statements(visitor: Visitor, store: Store) -> None:
    statement = ProvenStatement("solution.py", 12, ("weight_gradient",), 24, 23, shown=True)
    shown = json.dumps({"mistakes": [], "statements": [statement.summary()]})
    record = RevisionRecord("r1", "course", '{"kind": "contract"}', "mine", "Mine", "0" * 64, 0.0, preview=shown)
    store.assignments.publish(record, b"cases")
    page = visitor.get(f"{HOME}/assignments/mine/revisions/r1")
    assert "Rows: which wrong lines they catch" in page
    row = page[page.index("solution.py, line 12") :]
    assert re.findall(r">(weight_gradient|\d+)<", row)[:4] == ["weight_gradient", "24", "23", "0"]


def test_a_submissions_page_says_how_its_lines_were_found_and_why_rows_are_lost_or_kept(
    visitor: Visitor, store: Store
) -> None:
    verdict = read_verdict(failing_verdict())
    (first, *_) = [row for row in verdict.properties if row.max_score]
    reasons = (
        Reason(Explainer.VALUE, (first.name,), (SourceLine(None, 7),)),
        Reason(Explainer.EDIT, lines=(SourceLine(None, 9),)),
    )
    name = submit_graded(store, replace(verdict, explained_by=reasons).as_dict())
    page = unescape(visitor.get(f"{HOME}/submissions/{name}"))
    assert "For staff: how this was decided" in page
    value = "the solution's value in its place makes the submission right"
    assert f"Line 7: found by values; {value}. It costs {first.title}." in page
    assert "Line 9: a small change makes the submission right.</li>" in page
    without = visitor.get(f"{HOME}/submissions/{submit_graded(store, failing_verdict(), source=b'x = 2')}")
    assert "how this was decided" not in without


def test_signing_out_ends_copies_of_the_cookie_and_nobody_elses_sign_in(app: Flask, store: Store) -> None:
    first_visitor, second_visitor = Visitor(app, store), Visitor(app, store)
    cookie = first_visitor.client.get_cookie("backmark")
    assert cookie is not None
    assert first_visitor.post("/sign-out").status_code == 303
    thief = app.test_client()
    thief.set_cookie("backmark", cookie.value)
    assert thief.get(HOME, headers=HTML).status_code == 303
    assert second_visitor.get(HOME)


def test_a_link_never_has_the_host_that_the_request_names(visitor: Visitor) -> None:
    headers = {**HTML, "X-Forwarded-Host": "evil.example", "Host": "evil.example"}
    page = visitor.client.post(f"{UDL}/links", headers=headers, data={"csrf_token": visitor.proof(UDL)}).text
    assert "evil.example" not in page


def test_a_link_to_hand_in_is_made_and_leads_there(visitor: Visitor) -> None:
    page = visitor.post(f"{UDL}/links", UDL, student="ada", days="3")
    assert page.status_code == 200
    match = re.search(r'value="(/hand-in/[^"]+)"', page.text)
    assert match is not None
    assert "ada" in visitor.get(match[1])


@pytest.mark.parametrize(
    ("field", "value"), [("student", "a b"), ("student", "<b>"), ("days", "0"), ("days", "9" * 9), ("days", "x")]
)
def test_a_link_for_nobody_is_refused_in_words(visitor: Visitor, field: str, value: str) -> None:
    page = visitor.post(f"{UDL}/links", UDL, **{field: value})
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert "/hand-in/" not in page.text


def test_submissions_are_found_by_all_that_they_are(visitor: Visitor, store: Store) -> None:
    submit_graded(store, explained_verdict())
    submit_graded(store, passing_verdict(), student="bob")
    hand_in(store, "cy")
    searches = {
        "": {"ada", "bob", "cy"},
        "assignment=udl-7.2&mistake=mask": {"ada"},
        "outcome=passed": {"bob"},
        "state=queued": {"cy"},
        "student=ada&outcome=failed": {"ada"},
        "student=nobody": set(),
        "outcome=nonsense&state=nonsense&mistake=x": {"ada", "bob", "cy"},
        "assignment=%3Cscript%3E": set(),
    }
    for query, students in searches.items():
        page = visitor.get(f"{HOME}/submissions?{query}")
        assert {student for student in ("ada", "bob", "cy") if f">{student}</a>" in page} == students, query


def test_long_lists_have_pages_that_keep_what_was_asked(visitor: Visitor, store: Store) -> None:
    for number in range(52):
        hand_in(store, f"s{number}")
    first = visitor.get(f"{HOME}/submissions?state=queued")
    match = re.search(r'rel="next" href="([^"]+)"', first)
    assert match is not None
    assert "state=queued" in match[1]
    second = visitor.get(match[1].replace("&amp;", "&"))
    assert {">s0</a>" in second, ">s51</a>" in second, ">s51</a>" in first, ">s0</a>" in first} == {True, False}
    visitor.get(f"{HOME}/submissions?cursor=nonsense", 422)


def test_a_submission_shows_everything_to_staff(visitor: Visitor, store: Store) -> None:
    submit_graded(store, student="bob")
    verdict = {**explained_verdict(), "engine": "0.3.0+1f0c3a5b"}
    page = visitor.get(f"{HOME}/submissions/{submit_graded(store, verdict)}")
    for words in (
        "0.3.0+1f0c3a5b",
        "leaves out the mask",
        "Prints while it computes",
        "dentical to another",
        "x = 1",
        "/verdicts/",
    ):
        assert words in page


@pytest.mark.parametrize(
    "end",
    [
        lambda _, __: None,
        lambda store, job: store.jobs.claim(job),
        lambda store, job: store.submissions.cancel(job.id),
        lambda store, _: hand_in(store),
        lambda store, job: [
            store.jobs.record_failure(claim, "<b>no jail</b>") for _ in range(9) if (claim := store.jobs.claim(job))
        ],
    ],
    ids=["queued", "running", "cancelled", "superseded", "failed"],
)
def test_a_submission_has_a_page_wherever_it_is(
    visitor: Visitor, store: Store, end: Callable[[Store, Job], object]
) -> None:
    name = hand_in(store)
    end(store, Job(Kind.SUBMISSION, name))
    page = visitor.get(f"{HOME}/submissions/{name}")
    assert "<b>no jail" not in page
    assert ('data-live="on"' in page) == (">Cancel</button>" in page)


def test_what_a_student_wrote_is_text(visitor: Visitor, store: Store) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    verdict = explained_verdict() | {
        "output": evil,
        "error": {"type": evil, "message": evil, "traceback": f"line 1\n{evil}"},
    }
    name = submit_graded(store, verdict, source=f"{evil}\x1b[31m\u202e".encode(), filename=f"{evil}.py")
    for path in (HOME, f"{HOME}/submissions", f"{HOME}/submissions/{name}", f"{HOME}/submissions/{name}/delete"):
        page = visitor.get(path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page


def test_a_file_is_downloaded_and_never_shown(visitor: Visitor, store: Store) -> None:
    name = hand_in(store, source=b"<script>", filename="ä;x.html")
    answer = visitor.client.get(f"{HOME}/submissions/{name}/source")
    assert (answer.data, answer.mimetype) == (b"<script>", "application/octet-stream")
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%C3%A4%3Bx.html"


def test_a_rejected_file_that_is_no_longer_kept_is_said_to_be(visitor: Visitor, store: Store) -> None:
    """Seven days after its verdict, which still says why."""
    rejection = failing_verdict() | {"outcome": "rejected", "score": 0}
    name = submit_graded(store, rejection)
    record = store.submissions.get(name)
    assert record is not None
    assert store.redis.delete(f"bm:source:{record.source_sha256}") == 1
    page = visitor.get(f"{HOME}/submissions/{name}")
    assert ("The file was deleted" in page, "Download the file" in page) == (True, False)
    assert "has been deleted" in visitor.get(f"{HOME}/submissions/{name}/source", 404)


def test_who_typed_a_name_on_a_class_link_is_told_apart(visitor: Visitor, store: Store) -> None:
    names = [hand_in(store, student, student.encode()) for student in ("ada", "ada!0123456789ab", "ada!ba9876543210")]
    pages = [visitor.get(f"{HOME}/submissions/{name}") for name in names]
    assert ["not checked" in page for page in pages] == [False, True, True]
    assert all("All attempts of this student" not in page for page in pages)
    assert all(
        f"ada{digits}<" in visitor.get(f"{HOME}/submissions") for digits in ("", "!0123456789ab", "!ba9876543210")
    )


def test_a_submission_is_cancelled(visitor: Visitor, store: Store) -> None:
    name = hand_in(store)
    assert visitor.post(f"{HOME}/submissions/{name}/cancel").status_code == 303
    record = store.submissions.get(name)
    assert record is not None
    assert record.state is State.CANCELLED


def test_one_click_grades_a_submission_again_that_failed_on_our_side(visitor: Visitor, store: Store) -> None:
    name = fail_submission(store, hand_in(store))
    place = f"{HOME}/submissions/{name}"
    assert "Grade again" in visitor.get(place)
    assert [visitor.post(f"{place}/retry").status_code for _ in range(2)] == [303, 303]
    record = store.submissions.get(name)
    assert record is not None
    assert (record.state, record.attempt) == (State.QUEUED, 1)
    assert "Grade again" not in visitor.get(place)


def test_one_click_grades_all_of_them_again(visitor: Visitor, store: Store) -> None:
    names = [fail_submission(store, hand_in(store, student)) for student in ("ada", "grace", "joan")]
    submit_graded(store, student="emmy")
    assert "Grade all of these again" in visitor.get(f"{HOME}/submissions?state=service_failed&assignment=udl-7.2")
    assert "No submission needs to be graded again" in visitor.post(f"{HOME}/retry", assignment="other").text
    assert "3 submissions without a verdict" in visitor.post(f"{HOME}/retry", assignment="udl-7.2").text
    assert {record.state for record in store.submissions.many(names)} == {State.QUEUED}
    assert "No submission needs to be graded again" in visitor.post(f"{HOME}/retry").text
    assert "Grade all of these again" not in visitor.get(f"{HOME}/submissions")


def test_a_submission_is_deleted_only_after_one_was_asked(visitor: Visitor, store: Store) -> None:
    name = submit_graded(store)
    assert "Delete this submission?" in visitor.get(f"{HOME}/submissions/{name}/delete")
    assert store.submissions.get(name) is not None
    assert visitor.post(f"{HOME}/submissions/{name}/delete").status_code == 303
    assert store.submissions.get(name) is None
    visitor.get(f"{HOME}/submissions/{name}", 404)


def test_a_publication_is_asked_for_once_however_often_it_is_clicked(author: Visitor, store: Store) -> None:
    places = [author.post(f"{HOME}/publish", toml=TOML, fresh="0", once="a").headers["Location"] for _ in range(2)]
    assert places[0] == places[1]
    assert author.post(f"{HOME}/publish", toml=write_toml(seed=2), once="a").headers["Location"] != places[0]
    assert len(store.publications.list("course").items) == 2
    assert 'data-live="on"' in author.get(places[0])


def test_the_text_that_the_form_starts_with_can_be_published(author: Visitor, store: Store) -> None:
    toml = unescape(author.get(f"{HOME}/publish?own=").partition('<textarea id="toml"')[2].partition(">")[2])
    assert author.post(f"{HOME}/publish", toml=toml.partition("</textarea>")[0]).status_code == 303
    assert store.publications.list("course").items[0].assignment == "my-assignment"


def test_a_file_goes_before_the_text(author: Visitor, store: Store) -> None:
    file = (io.BytesIO(write_toml("filed").encode()), "a.toml")
    assert author.post(f"{HOME}/publish", toml=TOML, file=file).status_code == 303
    assert store.publications.list("course").items[0].assignment == "filed"


def test_the_form_of_a_publication_shows_how_many_cases_may_be_fresh(visitor: Visitor) -> None:
    form = visitor.get(f"{HOME}/publish?own=")
    assert 'name="fresh" type="number" min="0" max="400"' in form
    assert "hidden pool, 0 to 400." in form
    refusal = visitor.post(f"{HOME}/publish", toml=TOML, fresh="401")
    assert "The number of fresh cases must be a whole number, at most 400." in refusal.text


@pytest.mark.parametrize(
    "fields",
    [
        {"toml": ""},
        {"toml": "id = <b>"},
        {"toml": TOML, "fresh": "many"},
        {"toml": TOML, "fresh": "9" * 30},
        {"toml": TOML, "fresh": "401"},
        {"toml": "#" * 70_000},
        {"toml": "a = " + "[" * 5000},
    ],
)
def test_what_cannot_be_published_is_said_beside_what_was_written(visitor: Visitor, store: Store, fields: Any) -> None:
    answer = visitor.post(f"{HOME}/publish", **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<b>" not in answer.text
    assert not store.publications.list("course").items


def test_the_end_of_a_publication_is_told(visitor: Visitor, store: Store) -> None:
    ends = {"&lt;i&gt;too flat": {"refused": '{"says": "<i>too flat</i>"}'}, "Published.": {"revision": "r1"}}
    for words, fields in ends.items():
        name = store.publications.request(NewPublication("course", "mine", TOML)).id
        claim = store.jobs.claim(Job(Kind.PUBLICATION, name))
        assert claim is not None
        store.jobs.conclude(claim, State.DONE, **fields)
        page = visitor.get(f"{HOME}/publications/{name}")
        assert words in page
        assert 'data-live="off"' in page
    visitor.get(f"{HOME}/publications/none", 404)


def test_the_mistakes_that_a_refusal_names_are_listed(visitor: Visitor, store: Store) -> None:
    refusal = Refusal(
        "these would pass",
        (NamedMistake("a_b", "does it, on `all_f[layer-1]`"), NamedMistake("c", "does (not) do it, or <i>does</i>")),
        "Widen: the dims",
    )
    name = store.publications.request(NewPublication("course", "mine", TOML)).id
    claim = store.jobs.claim(Job(Kind.PUBLICATION, name))
    assert claim is not None
    store.jobs.conclude(claim, State.DONE, refused=json.dumps(asdict(refusal)))
    publication = store.publications.get(name)
    assert publication is not None
    assert publication.refused == refusal
    page = " ".join(visitor.get(f"{HOME}/publications/{name}").split())
    assert '<p class="student">These would pass:</p>' in page
    assert '<li class="student">a_b (does it, on <code>all_f[layer-1]</code>)</li>' in page
    assert '<li class="student">c (does (not) do it, or &lt;i&gt;does&lt;/i&gt;)</li></ul>' in page
    assert '<p class="student">Widen: the dims.</p>' in page


def test_a_new_revision_starts_from_the_words_of_the_last(visitor: Visitor, store: Store) -> None:
    store.publications.request(NewPublication("course", "mine", f"{TOML}# by hand\n"))
    assert "# by hand" in visitor.get(f"{HOME}/publish?assignment=mine")
    assert "# by hand" not in visitor.get(f"{HOME}/publish?own=")


def finish_preview(store: Store, place: str) -> str:
    """The regrade at the place, once its sources have all marks."""
    name = place.rpartition("/")[2]
    claim = store.jobs.claim(Job(Kind.REGRADE, name))
    assert claim is not None
    step(store, claim)
    members: Any = store.redis.zrange("bm:waiting:regrade", 0, -1)
    for member in members:
        unit = store.jobs.claim(Job(Kind.UNIT, member.decode().partition(":")[2]))
        assert unit is not None
        unit_graded(store, unit, read_verdict(passing_verdict()))
    return name


def test_a_regrade_is_asked_for_previewed_applied_and_rolled_back(visitor: Visitor, store: Store) -> None:
    name = submit_graded(store, failing_verdict())
    ticked = {"outcomes:failed": "1", "outcomes:error": "1"}
    response = visitor.post(f"{UDL}/regrade", which="latest", students="ada, bob\ncy", **ticked)
    assert response.status_code == 303
    place = response.headers["Location"]
    assert 'data-live="on"' in visitor.get(place)
    regrade = finish_preview(store, place)
    record = store.regrades.get(regrade)
    assert record is not None
    assert record.selection.students == ("ada", "bob", "cy")
    assert set(record.selection.outcomes) == {Outcome.FAILED, Outcome.ERROR}
    page = visitor.get(place)
    assert all(words in page for words in ("Apply all changes", ">ada</a>", "Gradient of the biases: 0 of 2"))
    assert ">ada</a>" not in visitor.get(f"{place}?change=down")
    assert ">ada</a>" in visitor.get(f"{place}?change=all")
    for action, mode, verdict in (("apply", "whole", 2), ("rollback", "", 1)):
        assert visitor.post(f"{place}/{action}", mode=mode).status_code == 303
        claim = store.jobs.claim(Job(Kind.REGRADE, regrade))
        assert claim is not None
        step(store, claim)
        after = store.submissions.get(name)
        assert after is not None
        assert after.verdict == verdict
        assert store.regrades.get(regrade) is not None
    assert "rolled back" in visitor.get(place)
    assert visitor.post(f"{place}/apply", mode="whole").status_code == 409


def test_a_regrade_lowers_nobody_unless_it_is_told_to(visitor: Visitor, store: Store) -> None:
    submit_graded(store)
    place = visitor.post(f"{UDL}/regrade").headers["Location"]
    regrade = finish_preview(store, place)
    visitor.post(f"{place}/apply")
    record = store.regrades.get(regrade)
    assert record is not None
    assert record.mode is Mode.NEVER_LOWER


def test_a_regrade_rests_and_goes_on(visitor: Visitor, store: Store) -> None:
    place = visitor.post(f"{UDL}/regrade").headers["Location"]
    regrade = place.rpartition("/")[2]
    visitor.post(f"{place}/cancel")
    record = store.regrades.get(regrade)
    assert record is not None
    assert record.phase is Phase.CANCELLED
    assert ">Resume</button>" in visitor.get(place)
    visitor.post(f"{place}/resume")
    record = store.regrades.get(regrade)
    assert record is not None
    assert record.phase is Phase.PREPARING
    assert visitor.post(f"{place}/nonsense").status_code == 404
    visitor.get(f"{HOME}/regrades/none", 404)
    assert f"{HOME}/regrades/{regrade}" in visitor.get(f"{HOME}/regrades")


def test_while_submissions_are_chosen_the_page_names_no_total(visitor: Visitor, store: Store) -> None:
    submit_graded(store)
    place = visitor.post(f"{UDL}/regrade").headers["Location"]
    page = " ".join(visitor.get(place).split())
    assert "0 distinct files graded; 0 in 0 submissions chosen so far" in page
    assert '<progress class="meter" aria-label="Progress"></progress>' in page
    step(store, claim_step(store, place.rpartition("/")[2]))
    page = " ".join(visitor.get(place).split())
    assert "0 of 1 distinct files graded" in page
    assert "so far</p>" not in page


def test_pages_of_regrades_speak_of_regrades_and_name_no_class_of_ours(visitor: Visitor) -> None:
    place = visitor.post(f"{UDL}/regrade").headers["Location"]
    for path in (f"{HOME}/regrades", f"{UDL}/regrade", place):
        page = visitor.get(path)
        assert "Regrade" in page
        assert "RegradeRecord" not in page


@pytest.mark.parametrize(
    "fields",
    [{"which": "worst"}, {"since": "yesterday", "zone": "UTC"}, {"students": "<b>"}, {"revision": "none"}],
)
def test_a_regrade_of_nonsense_is_refused_in_words(visitor: Visitor, store: Store, fields: Any) -> None:
    answer = visitor.post(f"{UDL}/regrade", **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert not store.regrades.list("course").items


def test_a_regrade_of_more_students_than_it_takes_is_refused_and_none_is_left_out(visitor: Visitor) -> None:
    names = [f"student-with-a-long-name-{number}" for number in range(1001)]
    answer = visitor.post(f"{UDL}/regrade", students=" ".join(names))
    assert answer.status_code == 422
    assert "Students: at most 1,000, not 1,001." in answer.text
    assert names[-1] in answer.text


def test_a_regrade_since_a_time_means_utc(visitor: Visitor, store: Store) -> None:
    place = visitor.post(f"{UDL}/regrade", since="2026-11-25T04:15", zone="UTC").headers["Location"]
    record = store.regrades.get(place.rpartition("/")[2])
    assert record is not None
    assert record.selection.since == 1_795_580_100.0
    assert "25 November 2026, 04:15 UTC" in visitor.get(place)


def test_a_report_is_a_table_that_a_spreadsheet_does_not_run(visitor: Visitor, store: Store) -> None:
    submit_graded(store, filename="=cmd()")
    place = visitor.post(f"{UDL}/regrade").headers["Location"]
    finish_preview(store, place)
    answer = visitor.client.get(f"{place}/report.csv")
    assert answer.mimetype == "text/csv"
    assert "'=cmd()" in answer.text


def publish_revision(store: Store, revision: str, toml: str = "") -> RevisionRecord:
    """A revision of the course's own, and the publication that it came from if there is a text."""
    record = RevisionRecord(revision, "course", '{"id": "mine", "title": "Mine"}', "mine", "Mine", "0" * 64, 0.0)
    published = store.assignments.publish(record, b"npz")
    if toml:
        name = store.publications.request(NewPublication("course", "mine", toml, 7)).id
        claim = store.jobs.claim(Job(Kind.PUBLICATION, name))
        assert claim is not None
        store.jobs.conclude(claim, State.DONE, revision=revision)
    return published


def test_publishing_anew_opens_the_text_that_the_current_revision_came_from(visitor: Visitor, store: Store) -> None:
    publish_revision(store, "r1", write_toml(seed=11))
    publish_revision(store, "r2", write_toml(seed=22))
    refused = store.publications.request(NewPublication("course", "mine", write_toml(seed=33))).id
    page = visitor.get(f"{HOME}/publish?assignment=mine")
    assert ("seed = 22" in page, "seed = 33" in page, 'value="7"' in page) == (True, False, True)
    assert "seed = 33" in visitor.get(f"{HOME}/publish?publication={refused}")
    visitor.post(f"{HOME}/assignments/mine/revisions/r1/current")
    assert "seed = 11" in visitor.get(f"{HOME}/publish?assignment=mine")


def test_a_text_that_is_not_kept_is_said(visitor: Visitor, store: Store) -> None:
    publish_revision(store, "r1")
    page = visitor.get(f"{HOME}/publish?assignment=mine")
    assert "This server does not keep the text of" in page
    assert "does not keep the text" not in visitor.get(f"{HOME}/publish?own=")


@pytest.mark.parametrize("name", ["udl-7.2", "cs231n-affine"])
def test_what_ships_can_be_chosen_and_opens_its_own_text(visitor: Visitor, name: str) -> None:
    assert f'/publish?shipped={name}"' in visitor.get(f"{HOME}/publish")
    assert f"id = &#34;{name}&#34;" in visitor.get(f"{HOME}/publish?shipped={name}")
    if name == "udl-7.2":
        assert f"id = &#34;{name}&#34;" in visitor.get(f"{HOME}/publish?assignment={name}")


def test_publishing_an_entry_of_the_gallery_publishes_exactly_that(visitor: Visitor, store: Store) -> None:
    page = visitor.get(f"{HOME}/publish")
    (form,) = re.findall(rf'<form method="post" action="{HOME}/publish">(.*?)</form>', page, re.DOTALL)
    names = re.findall(r'<button [^>]*name="shipped" value="([^"]+)"', form)
    assert sorted(names) == [entry.id for entry in gallery.list_gallery()]
    for name in ("cs231n-affine", "mit-tanh"):
        assert visitor.post(f"{HOME}/publish", shipped=name).status_code == 303
        newest = store.publications.list("course").items[0]
        assert (newest.assignment, gallery.is_shipped(name, newest.toml)) == (name, True)


@pytest.mark.parametrize("name", ["../start", "", "no-such"])
def test_what_does_not_ship_is_not_published_as_if_it_did(author: Visitor, store: Store, name: str) -> None:
    assert author.post(f"{HOME}/publish", shipped=name, toml=TOML).status_code == 404
    assert not store.publications.list("course").items


def test_the_gallery_is_grouped_by_course(visitor: Visitor) -> None:
    page = visitor.get(f"{HOME}/publish")
    origins = re.findall(r'<h2 id="origin-\d+">([^<]+)</h2>', page)
    assert origins == [*sorted(origins[:-1], key=str.casefold), gallery.NO_COURSE]
    assert "Stanford CS231n" in origins
    (group,) = re.findall(r">Stanford CS231n</h2>(.*?)</section>", page, re.DOTALL)
    assert (group.count("<h3>"), 'value="cmu-linear"' in group) == (group.count("CS231n: "), False)


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("tanh", {"mit-tanh", "cmu-activations"}),
        ("cmu-linear-mean", {"cmu-linear"}),
        ("SKIP_GRAM", {"skip_gram"}),
        ("xyz", set()),
    ],
)
def test_the_gallery_is_searched(visitor: Visitor, search: str, names: set[str]) -> None:
    page = visitor.get(f"{HOME}/publish?search={search}")
    assert names <= set(re.findall(r'name="shipped" value="([^"]+)"', page))
    assert 'value="cs231n-svm-loss"' not in page
    assert ("No assignment of the gallery has this." in page) == (not names)


@pytest.mark.parametrize("name", ["../start", "x" * 5000, "\x00", "", "..", "no-such"])
def test_what_does_not_ship_opens_nothing(visitor: Visitor, name: str) -> None:
    for field in ("shipped", "publication", "assignment"):
        assert (
            "id = &#34;my-assignment&#34;"
            in visitor.client.get(f"{HOME}/publish", headers=HTML, query_string={field: name}).text
        )


def test_a_revision_is_made_current_again_and_logged(visitor: Visitor, store: Store) -> None:
    first, second = publish_revision(store, "r1"), publish_revision(store, "r2")
    place = f"{HOME}/assignments/mine/revisions/r1"
    assert "Make this revision current" in visitor.get(place)
    assert "Make this revision current" not in visitor.get(f"{HOME}/assignments/mine/revisions/r2")
    assert visitor.post(f"{place}/current").status_code == 303
    assert store.assignments.current("course", "mine") == first
    assert store.assignments.revisions("course", "mine") == [second, first]
    assert "made another revision of mine current" in visitor.read(f"{HOME}/log")
    assert visitor.post(f"{HOME}/assignments/mine/revisions/none/current").status_code == 404
    assert visitor.post(f"{HOME}/assignments/udl-7.2/revisions/r1/current").status_code == 404


def test_what_ships_is_made_current_again(visitor: Visitor, store: Store) -> None:
    shipped = store.assignments.current("course", "udl-7.2")
    assert shipped is not None
    own = store.assignments.publish(replace(shipped, id="own", course="course"), b"npz")
    assert store.assignments.current("course", "udl-7.2") == own
    assert visitor.post(f"{UDL}/revisions/{shipped.id}/current").status_code == 303
    assert store.assignments.current("course", "udl-7.2") == shipped
    assert visitor.post(f"{UDL}/revisions/own/current").status_code == 303
    assert store.assignments.current("course", "udl-7.2") == own


def test_a_submission_leads_to_its_students_mark_and_to_the_next(visitor: Visitor, store: Store) -> None:
    first, second, third = (submit_graded(store, student=student) for student in ("ada", "bo", "cy"))
    page = visitor.get(f"{HOME}/submissions/{third}")
    for fragment in ("", "#extension", "#override"):
        assert f'href="{UDL}/marks/cy{fragment}"' in page
    assert f'rel="next" href="{HOME}/submissions/{second}"' in page
    query = "?assignment=udl-7.2&student=ada"
    assert f'href="{HOME}/submissions/{first}{query.replace("&", "&amp;")}"' in visitor.get(
        f"{HOME}/submissions{query}"
    )
    # The next of those that were looked for.
    page = visitor.get(f"{HOME}/submissions/{third}{query}")
    assert f'rel="next" href="{HOME}/submissions/{first}{query.replace("&", "&amp;")}"' in page
    assert 'rel="next"' not in visitor.get(f"{HOME}/submissions/{first}")


def test_who_is_signed_in_stands_in_the_header(visitor: Visitor) -> None:
    header = visitor.get(HOME).split("</header>")[0]
    assert '<span class="top-who student">test</span>' in header


def test_a_regrade_lists_the_students_whose_mark_changes_apart(visitor: Visitor, store: Store) -> None:
    """Ada has passed already: another attempt of hers that passes changes no mark."""
    submit_graded(store, passing_verdict(), source=b"y = 1\n")
    submit_graded(store, source=b"x = 1\n")
    submit_graded(store, student="bo", source=b"x = 2\n")
    submit_graded(store, failing_verdict() | {"outcome": "rejected"}, student="cy", source=b"x = 3\n")
    place = visitor.post(f"{UDL}/regrade").headers["Location"]
    finish_preview(store, place)
    page = visitor.get(f"{place}?change=all")
    students, theirs, others = page.split("<table")[-3:]
    assert [name in students for name in (">ada<", ">bo<", ">cy<")] == [False, True, True]
    assert re.findall(r'<td class="change">(\w+) .*<strong>(\w+)</strong>', students) == [("none", "100"), ("0", "100")]
    assert [name in theirs for name in (">ada<", ">bo<", ">cy<")] == [False, True, True]
    assert [name in others for name in (">ada<", ">bo<", ">cy<")] == [True, False, False]
    assert "Attempts that change no mark" in page
    assert "refused" in theirs


def test_a_regrade_is_applied_after_one_question(visitor: Visitor, store: Store) -> None:
    submit_graded(store)
    place = visitor.post(f"{UDL}/regrade").headers["Location"]
    regrade = finish_preview(store, place)
    assert f'href="{place}/apply?mode=whole"' in visitor.get(place)
    question = visitor.get(f"{place}/apply?mode=whole")
    assert "Apply this regrade?" in question
    assert 'name="mode" value="whole"' in question
    record = store.regrades.get(regrade)
    assert (record and record.phase) == Phase.PREVIEWED
    assert 'name="mode" value="never_lower"' in visitor.get(f"{place}/apply?mode=<b>")
    visitor.post(f"{place}/apply", mode="whole")
    assert "cannot be applied now" in visitor.get(f"{place}/apply?mode=whole")


def test_revisions_have_names_and_dates_beside_their_hashes(visitor: Visitor, store: Store) -> None:
    publish_revision(store, "r1")
    form = visitor.get(f"{HOME}/assignments/mine/regrade")
    assert re.search(r">Current: Mine, published \d+ \w+ \d+, \d\d:\d\d UTC \(r1\)</option>", form)
    submission = submit_graded(store)
    assert "ships with Backmark" in visitor.get(f"{HOME}/submissions/{submission}")
    place = visitor.post(f"{UDL}/regrade").headers["Location"]
    assert re.search(r"ships with Backmark: <span class=.student.>Backpropagation", visitor.get(place))
