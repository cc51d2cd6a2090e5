"""Regrades with real workers and real jails: previewed, applied, rolled back, gone on with after a kill."""

import hashlib

import pytest

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import Job, Kind, Queue, State
from backmark.grader.model.regrades import Mode, Phase, RegradeRecord, Selection, Which
from backmark.grader.model.verdict import GradedAssignment, GradedSubmission, Verdict
from backmark.grader.store.submissions import NewSubmission
from backmark.worker.service.sweeper import Sweeper
from tests.service.conftest import Making
from tests.service.parts import ASSIGNMENT, COURSE, EXAMPLES, Service, until

RIGHT = next(path for path in EXAMPLES if path.name == "right_loops.py")
WRONG = next(path for path in EXAMPLES if path.name == "no_relu_derivative.ipynb")


def conclude_with(service: Service, source: bytes, filename: str, student: str, score: int) -> str:
    """A submission that was given so many marks of ten, whatever it is worth."""
    revision = service.store.assignments.current(COURSE, ASSIGNMENT)
    assert revision is not None
    new = NewSubmission(COURSE, ASSIGNMENT, revision.id, student, filename, source)
    name = service.store.submissions.accept(new).id
    claim = service.store.jobs.claim(Job(Kind.SUBMISSION, name))
    assert claim is not None
    digest = hashlib.sha256(source).hexdigest()
    reference = GradedAssignment(ASSIGNMENT, revision.id, revision.networks_sha256)
    verdict = Verdict(GradedSubmission(name, filename, digest), reference, Outcome.FAILED, score, 10)
    assert service.store.submissions.finish(claim, verdict)
    return name


def request_regrade(service: Service, *, fresh: bool = False) -> str:
    """A regrade of all, against the assignment's current revision."""
    revision = service.store.assignments.current(COURSE, ASSIGNMENT)
    assert revision is not None
    selection = Selection(COURSE, ASSIGNMENT, revision.id, which=Which.ALL, fresh=fresh)
    name = service.store.regrades.request(selection).regrade.id
    service.dispatcher.nudge()
    return name


def now(service: Service, name: str) -> RegradeRecord:
    record = service.store.regrades.get(name)
    assert record is not None
    return record


def wait_for_phase(service: Service, name: str, phase: Phase) -> RegradeRecord:
    until(lambda: now(service, name).phase is phase, f"the regrade is {phase}")
    return now(service, name)


def start_phase(service: Service, name: str, mode: Mode | None) -> None:
    """Apply it, or roll it back where no mode is given, as the web server does."""
    regrades = service.store.regrades
    regrades.roll_back(name) if mode is None else regrades.apply(name, mode)
    service.dispatcher.nudge()


def test_a_regrade_gives_the_verdicts_that_a_submission_would_get(service: Service) -> None:
    service.worker()
    right, wrong = RIGHT.read_bytes(), WRONG.read_bytes()
    up = [conclude_with(service, right, RIGHT.name, f"right {number}", 4) for number in range(5)]
    down = [conclude_with(service, wrong, WRONG.name, f"wrong {number}", 10) for number in range(5)]
    name = request_regrade(service)
    record = wait_for_phase(service, name, Phase.PREVIEWED)
    assert (record.counts.submissions, record.counts.sources) == (10, 2)
    assert (record.counts.up, record.counts.down) == (5, 5)
    assert record.counts.newly_failing["relu_derivative"] == 5

    start_phase(service, name, Mode.WHOLE)
    assert wait_for_phase(service, name, Phase.APPLIED).counts.applied == 10
    (fresh,) = service.wait_for_ends(service.submit(right, RIGHT.name, "another"))
    for name_up in up:
        submission, verdict = service.submission(name_up), service.store.submissions.verdict(name_up)
        expected = service.store.submissions.verdict(fresh.id)
        assert verdict is not None
        assert expected is not None
        assert (submission.outcome, submission.score, submission.regrade) == ("passed", fresh.score, name)
        assert verdict == expected.with_identity(name_up, RIGHT.name)
    assert {service.submission(name_down).outcome for name_down in down} == {"failed"}

    start_phase(service, name, None)
    assert wait_for_phase(service, name, Phase.ROLLED_BACK).counts.rolled_back == 10
    assert {service.submission(name_of_up).score for name_of_up in up} == {4}


def test_an_identical_source_is_graded_again_only_when_asked_to(service: Service) -> None:
    service.worker(concurrency=1)
    service.wait_for_ends(service.submit(RIGHT.read_bytes(), RIGHT.name, "ada"))
    for is_fresh in (False, True):
        name = request_regrade(service, fresh=is_fresh)
        wait_for_phase(service, name, Phase.PREVIEWED)
        (row,) = service.store.regrades.report(name).all(frozenset())
        reuse = service.store.redis.hget(f"bm:unit:{row.entry.unit}", "reused")
        assert reuse == (b"0" if is_fresh else b"1")


@pytest.mark.parametrize("step", ["preview", "apply"])
def test_what_a_killed_worker_was_at_is_gone_on_with_by_another(service: Service, step: str) -> None:
    """The whole worker is killed; nothing is lost, nothing is done twice."""
    right = RIGHT.read_bytes()
    # Many enough for the kill to come in between: sources that differ in a comment, each handed in several times.
    names = [
        conclude_with(service, right + b"# %d" % (number % 60), RIGHT.name, f"student {number}", 4)
        for number in range(500)
    ]
    service.start("sweeper")
    worker = service.worker()
    name = request_regrade(service)
    if step == "apply":
        wait_for_phase(service, name, Phase.PREVIEWED)
        start_phase(service, name, Mode.WHOLE)
        until(lambda: now(service, name).counts.applied > 0, "some are applied")
    else:
        until(lambda: now(service, name).progress.done > 3 and now(service, name).phase is Phase.PREVIEWING, "some")
    worker.kill()
    service.worker()
    if step == "preview":
        record = wait_for_phase(service, name, Phase.PREVIEWED)
        assert (record.progress.total, record.progress.done, record.counts.up) == (60, 60, 500)
        start_phase(service, name, Mode.WHOLE)
    record = wait_for_phase(service, name, Phase.APPLIED)
    assert (record.counts.applied, record.counts.skipped) == (500, 0)
    assert {
        (regraded_record.verdict, regraded_record.outcome, regraded_record.regrade)
        for regraded_record in map(service.submission, names)
    } == {(2, "passed", name)}


def test_a_cancelled_preview_holds_no_worker_and_goes_on_when_resumed(service: Service) -> None:
    right = RIGHT.read_bytes()
    for number in range(80):
        conclude_with(service, right + b"# %d" % number, RIGHT.name, f"student {number}", 4)
    service.start("sweeper")
    service.worker()
    name = request_regrade(service)
    until(lambda: now(service, name).progress.done > 3, "some are graded")
    service.store.regrades.cancel(name)
    assert service.store.jobs.waiting(Queue.REGRADE) == 0
    (interactive,) = service.wait_for_ends(service.submit(right + b"# new", RIGHT.name, "eager"))
    assert interactive.state is State.DONE
    done_count = now(service, name).progress.done
    assert done_count < 80
    _, nudges = service.store.regrades.resume(name)
    service.dispatcher.nudge(nudges)
    assert wait_for_phase(service, name, Phase.PREVIEWED).progress.done == 80


def test_a_sweeper_deletes_what_nobody_went_on_with(making: Making) -> None:
    context = making(regrade_days=7)
    revision = context.store.assignments.current(COURSE, ASSIGNMENT)
    assert revision is not None
    name = context.store.regrades.request(Selection(COURSE, ASSIGNMENT, revision.id)).regrade.id
    context.store.regrades.cancel(name)
    Sweeper(context.store, context.dispatcher, context.settings).look()
    assert context.store.regrades.get(name) is not None
    context.store.redis.zincrby("bm:regrades-touched", -8 * 86_400_000, name)
    Sweeper(context.store, context.dispatcher, context.settings).look()
    assert context.store.regrades.get(name) is None
