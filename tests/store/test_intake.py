"""The use cases: the workers are nudged for what was recorded, once; not for what was refused or replayed."""

import pytest

from backmark.grader.errors import SubmissionError
from backmark.grader.intake import Intake
from backmark.grader.model.records import State
from backmark.grader.model.regrades import Mode, Selection
from backmark.grader.model.trace import receive
from backmark.grader.store.errors import NotRetryable, WrongPhase
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from tests.service.conftest import Sent
from tests.store.making import REVISION, claim_job, finish_job, new, now


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def intake(store: Store, sent: Sent) -> Intake:
    return Intake(store, sent)


def test_a_submission_is_announced_once_however_often_it_is_sent(intake: Intake, sent: Sent) -> None:
    first, second = (intake.accept(new(key="k")) for _ in range(2))
    assert (second.id, second.replayed) == (first.id, True)
    assert sent.nudges == 1


def test_a_file_of_another_format_is_neither_recorded_nor_announced(intake: Intake, store: Store, sent: Sent) -> None:
    with pytest.raises(SubmissionError, match=r"^This is a PDF\. Hand in the notebook itself"):
        intake.accept(new(source=b"%PDF-1.7\n1 0 obj"))
    assert not store.submissions.list(Filter("cs101"), 1).items
    assert sent.nudges == 0


def test_only_what_failed_on_our_side_is_announced_again(intake: Intake, store: Store, sent: Sent) -> None:
    failed_id, done_id = intake.accept(new("ada")).id, finish_job(store, new("bob"))
    while store.jobs.record_failure(claim_job(store, failed_id), "the networks are damaged") is State.QUEUED:
        pass
    sent.nudges = 0
    for name in (failed_id, done_id, failed_id):
        assert intake.retry(name) == now(store, name)
    assert sent.nudges == 1
    assert intake.retry("0" * 20) is None


def test_what_was_cancelled_is_not_retried(intake: Intake, store: Store, sent: Sent) -> None:
    name = intake.accept(new()).id
    store.submissions.cancel(name)
    sent.nudges = 0
    with pytest.raises(NotRetryable, match="is cancelled; only a submission that is service_failed"):
        intake.retry(name)
    assert sent.nudges == 0


def test_a_regrade_that_cannot_be_applied_is_not_announced(intake: Intake, store: Store, sent: Sent) -> None:
    selection = Selection(course="cs101", assignment="udl-7.2", revision=REVISION)
    first, second = (intake.regrade(selection, None, receive()) for _ in range(2))
    assert (second.regrade.id, second.same) == (first.regrade.id, True)
    with pytest.raises(WrongPhase):
        intake.apply(first.regrade.id, Mode.NEVER_LOWER)
    assert sent.nudges == 1
    store.regrades.cancel(first.regrade.id)
    intake.resume(first.regrade.id)
    assert sent.nudges == 2


def test_a_publication_is_announced_as_often_as_it_is_asked_for_until_it_ends(intake: Intake, sent: Sent) -> None:
    key = ("token", "POST /publications", "k", "same")
    first, second = (intake.publish(NewPublication("cs101", "mine", "toml", 0, key)) for _ in range(2))
    assert first.id == second.id
    assert sent.nudges == 2
