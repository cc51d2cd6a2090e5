"""Acts of staff are in the log of their course, once, in the same script that does them."""

from backmark.grader.intake import Intake
from backmark.grader.model.lti import LtiContext
from backmark.grader.model.records import Scope, State
from backmark.grader.model.regrades import Mode, Selection
from backmark.grader.model.trace import receive
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.store import Store
from tests.service.conftest import Sent
from tests.store.making import REVISION, accept, claim_job, finish_job, make_notification, new
from tests.store.regrading import finish_step


def acts(store: Store) -> list[tuple[str, str, str, str]]:
    """The log, oldest first: author, act, subject, student."""
    entries = reversed(store.courses.audit("cs101").items)
    return [(entry.author, entry.act, entry.subject, entry.student) for entry in entries]


def test_tokens_are_made_and_revoked_by_somebody(store: Store) -> None:
    token = store.tokens.create("tutor", "cs101", {Scope.STAFF}, author="prof")[0]
    for _ in range(2):
        assert store.tokens.revoke(token.id, "prof")
    assert acts(store) == [("prof", "token.create", token.id, ""), ("prof", "token.revoke", token.id, "")]
    assert store.courses.audit("cs101").items[-1].details == {"name": "tutor", "scopes": "staff"}


def test_a_publication_is_logged_once_however_often_it_is_asked_for(store: Store) -> None:
    key = ("token", "route", "k", "same")
    for _ in range(2):
        store.publications.request(NewPublication("cs101", "mine", "toml", 0, key, author="prof"))
    assert acts(store) == [("prof", "publication.request", "mine", "")]


def test_a_regrade_is_started_applied_and_rolled_back_by_somebody(store: Store) -> None:
    intake = Intake(store, Sent())
    for _ in range(2):
        regrade = intake.regrade(Selection("cs101", "udl-7.2", REVISION), None, receive(), "prof").regrade.id
    finish_step(store, regrade)
    for _ in range(2):
        intake.apply(regrade, Mode.WHOLE, "tutor")
    for _ in range(2):
        intake.roll_back(regrade, "prof")
    assert acts(store) == [
        ("prof", "regrade.start", regrade, ""),
        ("tutor", "regrade.apply", regrade, ""),
        ("prof", "regrade.roll_back", regrade, ""),
    ]


def test_notifications_are_made_changed_and_removed_by_somebody(store: Store) -> None:
    endpoint, _ = make_notification(store, "https://portal.example/hook?secret=x", author="prof")
    assert store.notifications.rotate(endpoint.id, 24, "tutor")
    assert [store.notifications.remove(endpoint.id, "prof") for _ in range(2)] == [True, False]
    assert store.notifications.rotate(endpoint.id, 24, "tutor") is None
    assert acts(store) == [
        ("prof", "notification.create", endpoint.id, ""),
        ("tutor", "notification.rotate", endpoint.id, ""),
        ("prof", "notification.remove", endpoint.id, ""),
    ]
    assert store.courses.audit("cs101").items[-1].details == {
        "kind": "webhook",
        # Assistants read the log, and no notification.
        "url": "https://portal.example",
    }


def test_a_submission_is_cancelled_and_retried_by_somebody_once(store: Store) -> None:
    cancelled, failed = accept(store), accept(store, new("bob"))
    for _ in range(2):
        store.submissions.cancel(cancelled, "prof")
    assert store.jobs.record_failure(claim_job(store, failed), "damaged", 1) is State.SERVICE_FAILED
    for _ in range(2):
        store.submissions.retry(failed, "tutor")
    assert acts(store) == [
        ("prof", "submission.cancel", cancelled, "ada"),
        ("tutor", "submission.retry", failed, "bob"),
    ]


def test_a_regrade_is_cancelled_and_resumed_by_somebody_once(store: Store) -> None:
    intake = Intake(store, Sent())
    regrade = intake.regrade(Selection("cs101", "udl-7.2", REVISION), None, receive()).regrade.id
    for _ in range(2):
        store.regrades.cancel(regrade, "prof")
    for _ in range(2):
        intake.resume(regrade, "tutor")
    assert acts(store) == [("prof", "regrade.cancel", regrade, ""), ("tutor", "regrade.resume", regrade, "")]


def test_a_reading_of_the_lms_s_roster_is_asked_for_by_somebody(store: Store) -> None:
    assert not store.rosters.request("cs101", "prof")
    store.launches.record_context(LtiContext("cs101", "p", "1", "c", roster_url="https://lms.example/members"))
    assert store.rosters.request("cs101", "prof")
    assert acts(store) == [("prof", "roster.read", "", "")]


def test_deletions_are_logged_and_of_a_student_without_the_name(store: Store) -> None:
    name = finish_job(store)
    finish_job(store, new("bob"))
    assert store.submissions.delete(name, "prof")
    assert not store.submissions.delete(name, "prof")
    assert acts(store) == [("prof", "submission.delete", name, "ada")]
    store.submissions.delete_student("cs101", "ada", "prof")
    store.submissions.delete_student("cs101", "bob", "prof")
    assert acts(store) == [
        ("prof", "submission.delete", name, ""),
        ("prof", "student.delete", "", ""),
        ("prof", "student.delete", "", ""),
    ]
