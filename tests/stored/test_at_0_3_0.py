"""What a service of version 0.3.0 had stored goes on in this version: its queue, regrades, scores and launches.

What holds of every stored service is in `test_services.py`.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from backmark.grader.contracts.judging.revision import load_packaged
from backmark.grader.model.records import Queue, Scope
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.grader.web import links
from backmark.worker.service.context import Context
from backmark.worker.service.score_sources import recorded_sources
from backmark.worker.service.scores import GradebookScores
from backmark.worker.service.tasks import perform
from tests.lti.browsing import PUBLIC, TAB, LtiBrowser
from tests.lti.platform.gradebook import Gradebook, Member, MoodleRules
from tests.lti.platform.lms import Link, Lms, Tool
from tests.lti.platform.wire import connect, make_pair, verifier
from tests.store.test_backups import back_up, content, restore
from tests.stored.loading import load_answers
from tests.stored.service import AT_0_3_0, get_record, marks, perform_until_graded
from tests.web.asking import Asker

KNOWN = AT_0_3_0.known
COURSE, OTHER, LMS = AT_0_3_0.courses
ANSWERS = load_answers(AT_0_3_0.folder)
ISSUER = "https://lms.example"
HTML = {"Accept": "text/html"}


@pytest.fixture
def staff(app: Flask) -> Asker:
    return Asker(app, KNOWN["tokens"]["staff"])


def list_lost(before: Any, now: Any, place: str = "") -> list[str]:
    """Return where an answer lacks a value that it had; it may have more members than before."""
    if isinstance(before, dict) and isinstance(now, dict):
        missing = [f"{place}.{name}" for name in before if name not in now]
        shared = [name for name in before if name in now]
        return missing + [lost for name in shared for lost in list_lost(before[name], now[name], f"{place}.{name}")]
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return [
            lost
            for number, (value, other) in enumerate(zip(before, now, strict=True))
            for lost in list_lost(value, other, f"{place}[{number}]")
        ]
    return [] if before == now else [f"{place}: {before!r} is now {now!r}"]


def grade_units(context: Context) -> None:
    """Let the worker grade all units that wait."""
    while context.store.redis.exists("bm:waiting:regrade"):
        perform(context)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("token", ANSWERS)
def test_the_api_answers_as_it_did(app: Flask, token: str) -> None:
    """Records, marks, the log, the roster, regrades and their reports, deliveries and scores have what they had."""
    asker, lost = Asker(app, KNOWN["tokens"][token]), []
    for path, before in ANSWERS[token].items():
        answer = asker.get(path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        lost += list_lost(before, answer.get_json(), path)
    assert lost == []


def test_nobody_has_a_section_and_nothing_is_held_back(app: Flask, store: Store) -> None:
    for course in (COURSE, LMS):
        roster = store.courses.roster(course)
        assert roster
        assert not any(entry.section for entry in roster.values())
    policies = store.courses.policies(COURSE)
    assert len(policies) == 2
    assert not any(policy.held_back for policy in policies.values())
    portal = Asker(app, KNOWN["tokens"]["portal"])
    for name in ("ada 0", "eve 2"):
        answer = portal.get(f"/submissions/{AT_0_3_0.done[name]}").get_json()
        assert answer["verdict"]["score"] == answer["score"]


def test_every_token_is_worth_what_it_was(store: Store) -> None:
    tokens = {name: store.tokens.verify(secret) for name, secret in KNOWN["tokens"].items()}
    assert {name for name, token in tokens.items() if token is None} == {"revoked", "expired"}
    scopes = {name: token.scopes for name, token in tokens.items() if token is not None}
    assert scopes["portal"] == {Scope.SUBMIT, Scope.READ}
    assert scopes["author"] == {Scope.AUTHOR, Scope.STAFF}
    assert {name for name, scope in scopes.items() if scope == {Scope.STAFF}} == {"staff", "elsewhere", "lms staff"}


def test_a_link_that_was_ended_then_stays_so(app: Flask) -> None:
    answer = app.test_client().get(KNOWN["links"]["ended"], headers=HTML)
    assert answer.status_code == 410


def test_what_waits_is_graded(context: Context) -> None:
    names = ("waiting", "waiting for fresh cases", "waiting for an old revision")
    waiting = [*(KNOWN["submissions"][name] for name in names), KNOWN["lms submissions"]["16"]]
    for name in waiting:
        perform_until_graded(context, name)
    assert marks(context.store, waiting) == [("passed", 4, 4), ("failed", 2, 4), ("failed", 2, 4), ("passed", 4, 4)]


@pytest.mark.usefixtures("draw_once")
@pytest.mark.skipif(
    load_packaged("udl-7.2").id != KNOWN["revisions"]["udl-7.2"],
    reason="other cases ship now, and those of then are too large to be kept here",
)
def test_what_waits_in_a_course_that_nothing_but_submissions_names_is_graded(context: Context) -> None:
    """The store above lacks what ships, which this version stores anew."""
    name = KNOWN["submissions"]["waiting elsewhere"]
    perform_until_graded(context, name)
    assert marks(context.store, [name]) == [("passed", 10, 10)]
    assert get_record(context.store, name).course == OTHER


def test_a_regrade_goes_on_where_it_stood_and_is_applied(context: Context, staff: Asker) -> None:
    """One that waits, one that is previewed, one that was cancelled, and one that failed."""
    store, names = context.store, ("preparing", "previewing", "cancelled", "failed")
    for name in ("cancelled", "failed"):
        assert staff.post(f"/regrades/{KNOWN['regrades'][name]}/resume").status_code == 202
    for name in ("preparing", "failed"):
        AT_0_3_0.do_step(context, name)
    grade_units(context)
    for name in names:
        regrade = staff.get(f"/regrades/{KNOWN['regrades'][name]}").get_json()
        counts = regrade["counts"]
        assert (regrade["phase"], counts["submissions"], counts["could_not_be_graded"]) == ("previewed", 3, 0)
        assert (counts["up"], counts["down"], counts["same"]) == (1, 1, 1)
        assert staff.post(f"/regrades/{regrade['id']}/apply", json={"mode": "whole"}).status_code == 202
        AT_0_3_0.do_step(context, name)
        assert AT_0_3_0.phase(store, name) == "applied"
        assert marks(store, KNOWN["regraded"][name]) == marks(store, KNOWN["regraded"]["applied"])


@pytest.mark.parametrize(
    ("name", "end", "like"), [("applying", "applied", "applied"), ("rolling back",) + 2 * ("rolled_back",)]
)
def test_a_step_that_was_asked_for_is_done(context: Context, name: str, end: str, like: str) -> None:
    AT_0_3_0.do_step(context, name)
    assert AT_0_3_0.phase(context.store, name) == end
    same = KNOWN["regraded"][like.replace("_", " ")]
    assert marks(context.store, KNOWN["regraded"][name]) == marks(context.store, same)


def test_a_publication_that_waits_is_done(context: Context) -> None:
    name = KNOWN["publications"]["queued"]
    # A publication's turn comes after that of the submissions.
    for _ in range(20):
        perform(context)
    publication, current = context.store.publications.get(name), context.store.assignments.current(COURSE, "later")
    assert publication is not None
    assert current is not None
    assert publication.revision == current.id


def test_scores_that_wait_are_sent_and_no_others(context: Context) -> None:
    store, pair = context.store, make_pair()
    book = Gradebook(MoodleRules(), verifier(pair[1], f"{ISSUER}/token"), store.time)
    book.columns["/course-1/lineitems/1"] = 20.0
    book.enrol(*(Member(str(number)) for number in range(11, 19)))
    sender = GradebookScores(store.scores, connect(book, pair), recorded_sources(store, context.settings))
    # All pauses are over then.
    store.scores.ahead = 7200.0
    with ThreadPoolExecutor(4) as pool:
        while due := sender.start_due(pool, 4):
            for post in due:
                post.result()
    marks_sent = {student: cell.score for (_, student), cell in book.cells.items()}
    assert marks_sent == {"12": 20.0, "14": 10.0, "15": 20.0}
    assert {score.student: score.state for score in store.scores.of(KNOWN["line items"]["pair"])} == {
        **dict.fromkeys(("11", "12", "13", "14", "15"), "sent"),
        "18": "failed",
        "2": "nothing",
    }


def test_a_launch_leads_into_the_same_course(app: Flask, store: Store) -> None:
    lms = Lms(ISSUER)
    lms.tool = Tool("client-1", f"{PUBLIC}/lti/login", f"{PUBLIC}/lti/launch", f"{PUBLIC}/lti/keys")
    lms.enrol("15", "Student 15")
    lms.add_link(Link("link-0", "course-1", custom={"assignment": "pair"}, line_item=f"{ISSUER}/course-1/lineitems/1"))
    store.platforms.keep_key_set(KNOWN["platform"], json.dumps({"keys": [lms.key.public()]}), 3600)
    answer = LtiBrowser.open_new(app, lms).launch("15", "link-0", TAB)
    assert answer.status_code == 303, answer.text
    with app.test_request_context():
        assert links.check_hand_in(links.open_hand_in(answer.location.rpartition("/")[2])).course == LMS


def test_a_store_that_went_on_is_backed_up_and_restored_and_goes_on(context: Context) -> None:
    store = context.store
    AT_0_3_0.do_step(context, "applying")
    before, records = content(store.redis), AT_0_3_0.submissions(store)
    assert restore(store, back_up(store)) == len(before)
    assert content(store.redis) == before
    assert AT_0_3_0.submissions(store) == records
    assert sum(map(store.jobs.waiting, Queue)) > 0
    for _ in range(20):
        perform(context)
    assert sum(map(store.jobs.waiting, Queue)) == 0
    assert get_record(store, KNOWN["submissions"]["waiting"]).outcome is not None
    went_on = ("rolling back", "applying", "previewing", "preparing")
    assert [AT_0_3_0.phase(store, regrade) for regrade in went_on] == [
        "rolled_back",
        "applied",
        "previewed",
        "previewed",
    ]


def test_a_student_is_deleted_with_everything(staff: Asker, store: Store) -> None:
    assert staff.delete("/students/ada").get_json() == {"deleted": 4}
    assert "ada" not in {record.student for record in AT_0_3_0.submissions(store) if record.course == COURSE}
    assert "ada" not in store.courses.roster(COURSE)
    assert "ada" not in store.courses.extensions(COURSE, "pair")
    assert "ada" in {record.student for record in store.submissions.list(Filter(OTHER), 100).items}


def test_a_course_is_deleted_with_everything_and_the_others_stay(app: Flask, store: Store) -> None:
    before = AT_0_3_0.submissions(store)
    admin = Asker(app, KNOWN["tokens"]["admin"])
    assert admin.delete(f"/courses/{COURSE}?confirm={COURSE}").status_code == 200
    assert AT_0_3_0.submissions(store) == [record for record in before if record.course != COURSE]
    assert [key for key in store.redis.scan_iter("bm:*") if COURSE.encode() in key] == []
