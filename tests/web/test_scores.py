"""Marks on their way to an LMS, for staff: by the API, on the page, by the client and the command."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from click.testing import CliRunner
from flask import Flask

from backmark.grader.client import Client, NotFound
from backmark.grader.model.lti import LineItem, LtiContext, Platform
from backmark.grader.model.records import Scope
from backmark.grader.model.scores import ScoreReason
from backmark.grader.model.terms import Policy
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.scores import PARK_AFTER, ScoreBlame, ScoreEnd, ScoreResult
from backmark.grader.store.store import Store
from backmark.worker.cli.main import main
from tests.store.making import accept, claim_job, new, verdict
from tests.web.asking import Asker
from tests.web.serving import serve_web
from tests.web.visitor import HOME, Visitor

UDL = "udl-7.2"
AT = f"/courses/course/assignments/{UDL}/scores"
SECRET = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - it guards nothing
PAGE = f"{HOME}/assignments/{UDL}/scores"


@pytest.fixture
def end_score(store: Store) -> Callable[[str, ScoreEnd], None]:
    """Hands in for a student, and ends the post of the mark in this way."""
    store.line_items.record(LineItem("i", "p", "https://lms.example/lineitems/1", "course", UDL, 20.0))

    def end(student: str, score_end: ScoreEnd) -> None:
        name = accept(store, new(student, course="course"))
        store.submissions.finish(claim_job(store, name), verdict("failed", score=4, max_score=10))
        (claim,) = store.scores.claim(1, 1, 60.0)
        assert store.scores.conclude(claim, score_end) is not None

    return end


REFUSED = ScoreEnd(
    ScoreResult.FAILED, reached=True, status=422, reason=ScoreReason.REFUSED, detail="not <b>a student</b>"
)
SENT = ScoreEnd(ScoreResult.SENT, reached=True, sent="4", shown="x", status=200)


def test_staff_read_what_did_not_arrive_and_have_all_sent_again(
    staff: Asker, store: Store, end_score: Callable[[str, ScoreEnd], None]
) -> None:
    end_score("ada", REFUSED)
    end_score("bob", SENT)
    body = staff.get(AT).get_json()
    assert body["counts"] == {"waiting": 0, "sent": 1, "nothing": 0, "failed": 1}
    (item,) = body["items"]
    assert (item["student"], item["status"], item["reason"]) == ("ada", 422, "refused")
    assert [item["student"] for item in staff.get(f"{AT}?state=sent").get_json()["items"]] == ["bob"]
    answer = staff.post(f"{AT}/send")
    assert (answer.status_code, answer.get_json()) == (202, {"marks": 2})
    assert staff.get(AT).get_json()["counts"]["waiting"] == 2
    assert [act.act for act in store.courses.audit("course").items] == ["scores.send"]


def test_a_portal_and_another_course_see_no_scores(
    portal: Asker, stranger: Asker, end_score: Callable[[str, ScoreEnd], None]
) -> None:
    end_score("ada", REFUSED)
    assert portal.get(AT).status_code == 403
    assert portal.post(f"{AT}/send").status_code == 403
    assert stranger.get(AT).status_code == 404
    assert stranger.post("/courses/course/roster-reading").status_code == 404


def test_the_roster_of_an_lms_is_read_when_staff_ask(staff: Asker, store: Store) -> None:
    assert staff.post("/courses/course/roster-reading").status_code == 404
    store.launches.record_context(LtiContext("course", "p", "1", "c", roster_url="https://lms.example/members"))
    assert store.rosters.claim(1, 900.0) == ["course"]
    store.rosters.conclude("course")
    assert store.rosters.claim(1, 900.0) == []
    assert staff.post("/courses/course/roster-reading").status_code == 202
    assert store.rosters.claim(1, 900.0) == ["course"]
    assert staff.get("/courses/course/roster-reading").get_json()["problem"] == ""


@SECRET
def test_the_page_lists_each_mark_that_did_not_arrive_with_the_reason(
    app: Flask, store: Store, end_score: Callable[[str, ScoreEnd], None]
) -> None:
    end_score("ada", REFUSED)
    end_score("bob", ScoreEnd(ScoreResult.NOTHING, reason=ScoreReason.MARK_GONE))
    end_score("zoe", SENT)
    end_score("tina", ScoreEnd(ScoreResult.NOTHING, reason=ScoreReason.STAFF))
    visitor = Visitor(app, store)
    page = visitor.get(PAGE)
    assert "The LMS refused the mark." in page
    assert "The LMS answered 422, \u201cnot &lt;b&gt;a student&lt;/b&gt;\u201d." in page
    assert "The gradebook keeps the last one" in page
    assert "zoe" not in page
    assert "tina" not in page
    assert PAGE in visitor.get(f"{HOME}/assignments/{UDL}")


@SECRET
def test_a_column_that_the_lms_has_no_more_is_named_once(
    app: Flask, store: Store, staff: Asker, end_score: Callable[[str, ScoreEnd], None]
) -> None:
    (item,) = store.line_items.of("course", UDL)
    store.line_items.record(replace(item, title="Home<work>"))
    gone = ScoreEnd(ScoreResult.GONE, reached=True, status=404, reason=ScoreReason.COLUMN_GONE)
    for student in ("ada", "bob"):
        end_score(student, gone)
    page = Visitor(app, store).get(PAGE)
    assert page.count("Home&lt;work&gt;") == 1
    assert "column no longer exists" in page
    assert re.search(r"\bada\b", page) is None
    (column,) = staff.get(AT).get_json()["columns"]
    assert (column["line_item"], column["title"], column["gone_at"] is None) == ("i", "Home<work>", False)


@SECRET
def test_a_parked_column_is_named_once_and_tried_again_by_a_button(
    app: Flask, store: Store, staff: Asker, end_score: Callable[[str, ScoreEnd], None]
) -> None:
    store.platforms.add(Platform("p", "https://moodle.example", "c", "", "", "", family="moodle"))
    store.launches.record_context(LtiContext("course", "p", "1", "c"))
    store.line_items.record(LineItem("other", "p", "https://lms.example/lineitems/2", "elsewhere", UDL, 20.0))
    locked = ScoreEnd(ScoreResult.RETRY, reached=True, status=500, reason=ScoreReason.REFUSED, blame=ScoreBlame.COLUMN)
    end_score("ada", locked)
    store.scores.ahead += 1
    name = accept(store, new("zoe", course="elsewhere"))
    store.submissions.finish(claim_job(store, name), verdict("failed", score=4, max_score=10))
    claims = store.scores.claim(2, 2, 60.0)
    for claim in claims:
        store.scores.conclude(claim, SENT if claim.item.id == "other" else locked)
    store.scores.ahead += PARK_AFTER / 1000
    (claim,) = store.scores.claim(1, 1, 60.0)
    store.scores.conclude(claim, replace(locked, hold=30.0))
    visitor = Visitor(app, store)
    page = visitor.get(PAGE)
    assert page.count("Is the column locked or hidden in Moodle? 1 mark waits") == 1
    assert re.search(r"\bada\b", page) is None
    (column,) = staff.get(AT).get_json()["columns"]
    assert (column["parked_at"] is None, column["status"]) == (False, 500)
    assert store.scores.claim(1, 1, 60.0) == []
    assert visitor.post(f"{PAGE}/try", PAGE).status_code == 303
    assert [claim.student for claim in store.scores.claim(1, 1, 60.0)] == ["ada"]
    assert staff.get(AT).get_json()["columns"][0]["parked_at"] is None
    assert staff.post(f"{AT}/try").get_json() == {"columns": 0}
    assert [act.act for act in store.courses.audit("course").items] == ["scores.try", "scores.try"]


@SECRET
@pytest.mark.parametrize(("detail", "says"), [("grade is locked", ", \u201cgrade is locked\u201d."), ("", ".")])
def test_the_lms_is_quoted_in_a_sentence(
    app: Flask, store: Store, end_score: Callable[[str, ScoreEnd], None], detail: str, says: str
) -> None:
    end_score("ada", replace(REFUSED, status=500, detail=detail))
    assert f"The LMS answered 500{says}</span>" in Visitor(app, store).get(PAGE)


@SECRET
def test_the_button_sends_all_marks_again(app: Flask, store: Store, end_score: Callable[[str, ScoreEnd], None]) -> None:
    end_score("ada", SENT)
    visitor = Visitor(app, store)
    assert visitor.post(f"{PAGE}/send", PAGE).status_code == 303
    assert store.scores.waiting() == 1


@SECRET
def test_an_assignment_without_an_lms_says_so(app: Flask, store: Store) -> None:
    visitor = Visitor(app, store)
    assert "No LMS gets the marks of this assignment yet." in visitor.get(PAGE)
    assert PAGE not in visitor.get(f"{HOME}/assignments/{UDL}")


def test_client_and_command_list_and_send(
    settings: ServiceSettings, store: Store, end_score: Callable[[str, ScoreEnd], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    end_score("ada", REFUSED)
    token = store.tokens.create("prof", "course", {Scope.STAFF})[1]
    with serve_web(settings.redis_url.get_secret_value()) as port:
        url = f"http://127.0.0.1:{port}"
        with Client(url, token) as client:
            (mark,) = client.course.scores(UDL)
            assert (mark.student, mark.reason, mark.status) == ("ada", "refused", 422)
            with pytest.raises(NotFound):
                client.course.read_lms_roster()
        monkeypatch.setenv("BACKMARK_URL", url)
        monkeypatch.setenv("BACKMARK_TOKEN", token)
        listing = CliRunner().invoke(main, ["course", "undelivered", UDL])
        assert listing.exit_code == 1
        assert listing.stdout == "ada  refused  422 not <b>a student</b>\n"
        assert listing.stderr == "0 arrived, 0 on their way, 1 given up\n"
        repeat = CliRunner().invoke(main, ["course", "undelivered", UDL, "--again"])
        assert (repeat.exit_code, repeat.stdout) == (0, "1 mark is being sent again\n")
        assert CliRunner().invoke(main, ["course", "undelivered", UDL, "--again", "--json"]).stdout == '{"marks": 1}\n'
        assert CliRunner().invoke(main, ["course", "undelivered", UDL]).exit_code == 0
        store.courses.set_policy("course", UDL, Policy(attempts=5), "prof")
        (claim,) = store.scores.claim(1, 1, 60.0)
        store.scores.conclude(claim, ScoreEnd(ScoreResult.GONE, reached=True, reason=ScoreReason.COLUMN_GONE))
        gone = CliRunner().invoke(main, ["course", "undelivered", UDL])
        assert (gone.exit_code, "the LMS no longer has the column of this assignment" in gone.stderr) == (1, True)
        with Client(url, token) as client:
            assert client.course.score_columns(UDL)[0].gone is not None
