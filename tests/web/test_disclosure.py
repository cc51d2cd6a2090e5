"""No form of a verdict that leaves the server tells a student what its assignment's feedback hides."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from flask import Flask
from pydantic import SecretStr

from backmark.grader import web
from backmark.grader.contracts.language.assignment import assignment_to_json
from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.publications import RevisionRecord
from backmark.grader.reports.registry import FORMATS
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.service.deliveries import Deliveries
from tests.contracts.making import contract
from tests.reports.disclosing import CHECK_AT_HINT, REPAIR, ROWS, find_betrayals, reveal_all, secrets
from tests.store.making import make_notification
from tests.web.asking import Asker
from tests.web.concluding import conclude
from tests.worker.receivers import run_due, run_receiver

HIDDEN = ("weight_gradient", "relu_derivative")

ASSIGNMENT = replace(contract(), id="levels", title="Levels", seed=86130, rubric={"weight_gradient": 5})

pytestmark = pytest.mark.service(
    secret=SecretStr("0" * 32), callback_http=True, callback_networks=(IPv4Network("127.0.0.0/8"),)
)

Publish = Callable[[Feedback], None]


@pytest.fixture
def publish(store: Store) -> Publish:
    """Publishes the assignment with that feedback."""

    def publish(feedback: Feedback) -> None:
        text = assignment_to_json(replace(ASSIGNMENT, feedback=feedback))
        number = f"{hash(feedback) & 0xFFFFFFFFFFFFFFFF:016x}"
        store.assignments.publish(
            RevisionRecord(number, "course", text, "levels", "Levels", "0" * 64, 0.0), b"networks"
        )

    return publish


def forms(app: Flask, asker: Asker, submission: str) -> dict[str, str]:
    """Everything that can be read of it with a token, and by the link to its page."""
    submission_address = f"/submissions/{submission}"
    addresses = [
        submission_address,
        f"{submission_address}?wait=1",
        f"{submission_address}/events",
        "/submissions",
        "/submissions?outcome=failed",
    ]
    addresses += [f"{submission_address}?format={form}" for form in FORMATS]
    addresses += ["/assignments", "/assignments/levels", "/assignments/levels/revisions"]
    responses = {address: asker.get(address, buffered=True) for address in addresses}
    responses |= {
        form.content_type: asker.get(submission_address, {"Accept": form.content_type}) for form in FORMATS.values()
    }
    responses["cancel"] = asker.post(f"{submission_address}/cancel")
    link = responses[submission_address].get_json()["link"]
    responses |= {part: app.test_client().get(f"{link}{part}", buffered=True) for part in ("", "/events", "/state")}
    assert {address: answer.status_code for address, answer in responses.items() if answer.status_code != 200} == {}
    texts = {address: answer.get_data(as_text=True) for address, answer in responses.items()}
    # Beside it stands what ships with Backmark, which hides nothing.
    items = responses["/assignments"].get_json()["items"]
    return texts | {"/assignments": json.dumps([item for item in items if item["id"] == "levels"])}


def submit_graded(portal: Asker, store: Store, outcome: Outcome = Outcome.FAILED) -> str:
    submission: str = portal.submit(assignment="levels").get_json()["id"]
    conclude(store, submission, dict(reveal_all(outcome)))
    return submission


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ERROR, Outcome.TIMEOUT, Outcome.CRASHED, Outcome.PASSED])
@pytest.mark.parametrize("level", [Level.SCORE, Level.HINT])
def test_no_form_tells_what_the_level_hides(
    app: Flask, portal: Asker, store: Store, publish: Publish, level: Level, outcome: Outcome
) -> None:
    publish(Feedback.always(level))
    facts = {str(ASSIGNMENT.seed)} | secrets(reveal_all(outcome))
    if level is Level.HINT:
        facts -= secrets([row.title for row in ROWS]) | {"zq-weak"}
        facts -= secrets([text for statement in REPAIR for text in (statement.hint, statement.read)])
        facts -= secrets(list(CHECK_AT_HINT))
    texts = forms(app, portal, submit_graded(portal, store, outcome))
    assert {form: betrayals for form, text in texts.items() if (betrayals := find_betrayals(text, facts))} == {}


@pytest.mark.parametrize("level", Level)
def test_no_form_names_a_hidden_property(
    app: Flask, portal: Asker, store: Store, publish: Publish, level: Level
) -> None:
    publish(Feedback.always(level, HIDDEN))
    rows = [row for row in reveal_all()["properties"] if row["name"] in HIDDEN]
    other_rows = [row | {"message": ""} for row in reveal_all()["properties"] if row["name"] not in HIDDEN]
    facts = {*HIDDEN, "zq-mistake", "zq-title", "zq-weak", "zq-strong", "zq-first-to-differ", "zq_dl_df"}
    facts |= secrets(rows) - secrets(other_rows)
    texts = forms(app, portal, submit_graded(portal, store))
    assert {form: betrayals for form, text in texts.items() if (betrayals := find_betrayals(text, facts))} == {}


@pytest.mark.parametrize("level", Level)
def test_no_form_says_how_lines_were_found(
    app: Flask, portal: Asker, store: Store, publish: Publish, level: Level
) -> None:
    """That is for staff, at every level."""
    publish(Feedback.always(level))
    texts = forms(app, portal, submit_graded(portal, store))
    facts = {"zq-reason-row", "86161", "zq-known-mistake", "how this was decided"}
    assert {form: betrayals for form, text in texts.items() if (betrayals := find_betrayals(text, facts))} == {}


def test_a_notification_tells_the_total_and_no_more(
    portal: Asker, store: Store, publish: Publish, settings: ServiceSettings
) -> None:
    publish(Feedback.always(Level.SCORE))
    with run_receiver() as receiver:
        make_notification(store, receiver.url, course="course")
        submit_graded(portal, store)
        assert run_due(Deliveries(store, settings)) == 1
        (callback,) = receiver.got
    assert find_betrayals(callback.body.decode(), secrets(reveal_all()) | {row.name for row in ROWS}) == []
    assert (json.loads(callback.body)["data"]["score"], json.loads(callback.body)["data"]["max_score"]) == (3, 17)


def test_every_form_tells_the_total(portal: Asker, store: Store, publish: Publish) -> None:
    publish(Feedback.always(Level.SCORE, HIDDEN))
    submission = submit_graded(portal, store)
    responses = {form: portal.get(f"/submissions/{submission}?format={form}") for form in FORMATS}
    assert responses["gradescope"].get_json()["score"] == 3
    assert responses["prairielearn"].get_json()["score"] == pytest.approx(3 / 17)
    assert responses["lti"].get_json(force=True)["scoreGiven"] == 3
    assert 'name="score" value="3"' in responses["junit"].get_data(as_text=True)


def test_staff_see_all_but_what_other_systems_show_is_for_students(
    staff: Asker, store: Store, publish: Publish
) -> None:
    publish(Feedback.always(Level.SCORE, HIDDEN))
    submission = submit_graded(staff, store)
    verdict = staff.get(f"/submissions/{submission}").get_json()["verdict"]
    own_fields = {"submission": verdict["submission"]}
    assert verdict == reveal_all() | own_fields
    assert staff.get("/assignments/levels").get_json()["revision"]["settings"]["seed"] == ASSIGNMENT.seed
    form = staff.get(f"/submissions/{submission}?format=gradescope").get_data(as_text=True)
    assert find_betrayals(form, secrets(reveal_all())) == []


def test_later_attempts_are_shown_more(portal: Asker, store: Store, publish: Publish) -> None:
    publish(Feedback((Level.HINT, Level.LINE, Level.FULL)))
    verdicts = [portal.get(f"/submissions/{submit_graded(portal, store)}").get_json()["verdict"] for _ in range(3)]
    assert [verdict["counterexample"] is None for verdict in verdicts] == [True, False, False]
    assert [verdict["repair"][0]["source"] != "" for verdict in verdicts] == [False, True, True]
    assert [verdict["repair"][0]["slips"][0]["after"] != "" for verdict in verdicts] == [False, False, True]


def test_a_row_that_is_lost_for_the_first_time_is_not_yet_told_the_change(
    portal: Asker, store: Store, publish: Publish
) -> None:
    publish(Feedback())
    whole, levels = dict(reveal_all()), []
    for lost in ("relu_derivative", "weight_gradient", "weight_gradient"):
        name: str = portal.submit(assignment="levels").get_json()["id"]
        outcomes = [row | {"outcome": "failed" if row["name"] == lost else "passed"} for row in whole["properties"]]
        conclude(store, name, {**whole, "properties": outcomes})
        verdict = portal.get(f"/submissions/{name}").get_json()["verdict"]
        told = [slip["after"] != "" for statement in verdict["repair"] for slip in statement["slips"]]
        levels.append((verdict.get("level"), told))
    assert levels == [("line", [False, False]), ("line", [False, False]), (None, [True, True])]


def test_what_was_refused_or_cancelled_earns_no_hint(portal: Asker, store: Store, publish: Publish) -> None:
    publish(Feedback((Level.HINT, Level.FULL)))
    submit_graded(portal, store, Outcome.REJECTED)
    store.submissions.cancel(portal.submit(assignment="levels").get_json()["id"])
    verdicts = [portal.get(f"/submissions/{submit_graded(portal, store)}").get_json()["verdict"] for _ in range(2)]
    assert [verdict["counterexample"] is None for verdict in verdicts] == [True, False]


def test_what_a_newer_revision_shows_holds_for_earlier_submissions(
    portal: Asker, store: Store, publish: Publish
) -> None:
    publish(Feedback.always(Level.SCORE))
    submission = submit_graded(portal, store)
    tag = portal.get(f"/submissions/{submission}").headers["ETag"]
    publish(Feedback.always(Level.FULL))
    answer = portal.get(f"/submissions/{submission}", {"If-None-Match": tag})
    assert answer.get_json()["verdict"] == reveal_all() | {"flags": [], "explained_by": [], "fingerprint": ""}
    publish(Feedback.always(Level.HINT))
    assert portal.get(f"/submissions/{submission}").get_json()["verdict"]["counterexample"] is None


def test_verdicts_are_read_in_one_place_and_by_staff() -> None:
    """Any other reader of verdicts would have to redact them too."""
    folder = Path(str(web.__file__)).parent
    reads = re.compile(r"\bsubmissions\.verdict\(|\bunits\.verdict\(|\.failing\b")
    modules = {str(file.relative_to(folder)) for file in folder.rglob("*.py") if reads.search(file.read_text("utf-8"))}
    # Of regrades everything is for staff, and so is the export of a course.
    assert {module for module in modules if "staff" not in module} == {
        "viewers.py",
        "usecases/course_export.py",
        "api/regrades.py",
    }
