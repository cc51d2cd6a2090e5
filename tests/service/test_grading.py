"""A worker's handling of submissions, and of its own failures."""

import json
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backmark.grader.errors import AssignmentError
from backmark.grader.model.assignment import Limits
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.publications import RevisionRecord
from backmark.grader.model.records import Job, Kind, State, SubmissionRecord
from backmark.grader.store.codec import decode
from backmark.grader.store.listings import CodeListing
from backmark.grader.store.submissions import NewSubmission
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.policy import Launch
from backmark.worker.sandbox.session import Session
from backmark.worker.service import verdicts as source_verdicts
from backmark.worker.service.context import Context
from backmark.worker.service.graders import Graders
from backmark.worker.service.isolation import Isolation
from backmark.worker.service.tasks import perform
from tests.sandbox.conftest import pid_of
from tests.service.conftest import Making, Sent
from tests.service.parts import ASSIGNMENT, COURSE, EXAMPLES, until


def example(name: str) -> bytes:
    return next(file for file in EXAMPLES if file.name == name).read_bytes()


def hand_in(context: Context, source: bytes, filename: str = "a.py", student: str = "ann") -> Job:
    submission = context.store.submissions.accept(
        NewSubmission(COURSE, ASSIGNMENT, _current(context).id, student, filename, source)
    )
    return Job(Kind.SUBMISSION, submission.id)


def perform_job(context: Context, job: Job) -> SubmissionRecord:
    """Let the worker do it."""
    perform(context)
    record = context.store.submissions.get(job.id)
    assert record is not None
    return record


def test_code_that_differs_in_comments_and_layout_has_one_fingerprint_and_other_code_another(context: Context) -> None:
    right = example("right_loops.py").decode()
    sources = {
        "ann": right,
        "ben": f"# mine\n\n{right}\n\n# done\n",
        "eve": example("missing_factor_two.py").decode(),
        "tim": "no Python at all (",
    }
    jobs = [hand_in(context, source.encode(), student=student) for student, source in sources.items()]
    for job in jobs:
        perform_job(context, job)
    verdicts = [context.store.submissions.verdict(job.id) for job in jobs]
    ann, ben, eve, tim = (verdict.fingerprint if verdict else None for verdict in verdicts)
    assert ann == ben != eve
    assert (len(ann or ""), tim) == (64, "")


def test_an_identical_source_gets_the_same_verdict_as_its_own(context: Context) -> None:
    first = perform_job(context, hand_in(context, example("missing_factor_two.py")))
    second = perform_job(context, hand_in(context, example("missing_factor_two.py"), "b.py", "ben"))
    assert (first.reused, second.reused) == (False, True)
    verdicts = [context.store.submissions.verdict(submission.id) for submission in (first, second)]
    assert [verdict and verdict.submission.filename for verdict in verdicts] == ["a.py", "b.py"]
    assert verdicts[1] == (verdicts[0] and verdicts[0].with_identity(second.id, "b.py"))


def test_what_identical_sources_share_has_nobody_s_filename(context: Context) -> None:
    first = perform_job(context, hand_in(context, example("missing_factor_two.py"), "lovelace.py"))
    (key,) = context.store.redis.scan_iter("bm:cache:*")
    cached_verdict: Any = context.store.redis.get(key)
    assert decode(cached_verdict)["submission"]["filename"] == "source.py"
    verdict = context.store.submissions.verdict(first.id)
    assert verdict is not None
    assert verdict.submission.filename == "lovelace.py"


def test_a_notebooks_cells_are_kept_beside_its_verdict_also_when_it_is_refused(context: Context) -> None:
    for function in ("backward_pass", "forward_pass"):
        cells = [("markdown", "# Title"), ("code", f"def {function}(*_):\n    raise ValueError")]
        document = {"cells": [{"cell_type": kind, "source": source} for kind, source in cells]}
        record = perform_job(context, hand_in(context, json.dumps(document).encode(), "a.ipynb"))
        listing = context.store.listings.get(record.source_sha256)
        assert listing == CodeListing(((2, f"def {function}(*_):\n    raise ValueError"),), whole=True), record
        assert context.store.submissions.delete(record.id)
        assert context.store.listings.get(record.source_sha256) is None


def test_an_outcome_that_may_not_repeat_itself_is_graded_again(context: Context) -> None:
    for student in ("ann", "ben"):
        record = perform_job(context, hand_in(context, example("raises.py"), student=student))
        assert (record.outcome, record.reused) == ("error", False)


@pytest.fixture
def kill_jails(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Have the first jails killed at the start of a step, so many of them."""

    def kill(step: str, times: int) -> None:
        real_step, times_left = getattr(Session, step), [times]

        def kill_or_step(session: Session, *arguments: Any) -> Any:
            # The jail by which a worker finds out whether any can be had has limits of its own.
            if times_left[0] and session._limits.seconds == Limits().seconds:
                times_left[0] -= 1
                session._await_ready()
                pid = pid_of(session)
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
            return real_step(session, *arguments)

        monkeypatch.setattr(Session, step, kill_or_step)

    return kill


@pytest.mark.parametrize("step", ["extract", "answer"])
def test_a_jail_that_is_killed_costs_a_try_and_nothing_of_it_is_kept(
    context: Context, kill_jails: Callable[[str, int], None], step: str
) -> None:
    """Twice, while it reads or while it answers; the third jail gives the verdict, and only that is kept."""
    kill_jails(step, 2)
    job = hand_in(context, example("right_loops.py"))
    for tries in (1, 2):
        record = perform_job(context, job)
        assert (record.state, record.tries, record.outcome) == (State.QUEUED, tries, None)
        assert not list(context.store.redis.scan_iter("bm:cache:*"))
    assert perform_job(context, job).outcome == "passed"
    assert perform_job(context, hand_in(context, example("right_loops.py"), student="ben")).reused


def test_a_source_whose_jails_are_all_killed_ends_as_our_failure_and_says_why(
    context: Context, kill_jails: Callable[[str, int], None]
) -> None:
    kill_jails("answer", 3)
    job = hand_in(context, example("right_loops.py"))
    record = [perform_job(context, job) for _ in range(3)][-1]
    assert (record.state, record.outcome) == (State.SERVICE_FAILED, None)
    assert "killed the jail" in (record.failure or "")


@pytest.mark.parametrize(
    "source",
    [b"-" * 900_000 + b"1", b"def backward_pass(*a):\n    return " + b"-" * 400_000 + b"1"],
    ids=["read", "compiled"],
)
def test_what_is_too_much_to_read_is_read_again(context: Context, source: bytes) -> None:
    """It came of a limit: another machine, or a later day, may read it."""
    for student in ("ann", "ben"):
        record = perform_job(context, hand_in(context, source, student=student))
        assert (record.outcome, record.reused) == ("rejected", False)


def test_a_rejection_by_the_parser_is_kept(context: Context) -> None:
    first, second = (perform_job(context, hand_in(context, b"def (:", student=student)) for student in ("ann", "ben"))
    assert [first.outcome, second.outcome, second.reused] == ["rejected", "rejected", True]


def test_a_verdict_is_kept_by_all_that_it_follows_from(context: Context) -> None:
    revision = _current(context)
    key = source_verdicts.cache_key(revision, "0" * 64, "a.py", b"")
    assert source_verdicts.cache_key(revision, "0" * 64, "other.txt", b"") == key
    other_keys = {
        source_verdicts.cache_key(revision, "1" * 64, "a.py", b""),
        source_verdicts.cache_key(revision, "0" * 64, "A.IPYNB", b""),
        source_verdicts.cache_key(revision, "0" * 64, "a.py", b"secret"),
    }
    assert key not in other_keys
    assert len(other_keys) == 3
    assert source_verdicts.cache_key(revision, "0" * 64, "a.ipynb", b"") in other_keys


def test_a_jail_is_started_ahead_for_whoever_comes_next(context: Context) -> None:
    perform_job(context, hand_in(context, example("right_loops.py")))
    limits = context.graders.grader(_current(context)).limits
    jail_ahead = context.jails.take(limits)
    assert jail_ahead.alive
    jail_ahead.close()


def test_a_jail_that_died_while_it_waited_is_nobodys_failure(context: Context) -> None:
    perform_job(context, hand_in(context, example("right_loops.py")))
    jail_ahead = context.jails._ahead
    assert jail_ahead is not None
    jail_ahead.admit()
    jail_ahead.stop()
    until(lambda: not jail_ahead.alive, "it ends")
    record = perform_job(context, hand_in(context, example("right_einsum.py"), student="ben"))
    assert (record.outcome, record.tries) == ("passed", 1)


def test_our_own_failure_is_tried_again_and_never_an_outcome(making: Making) -> None:
    """Here the networks in the store are not those that were published."""
    context = making(tries=2)
    job = hand_in(context, example("right_loops.py"))
    revision = _current(context)
    context.store.redis.set(f"bm:networks:{revision.id}", b"something else")
    first = perform_job(context, job)
    assert (first.state, first.tries) == (State.QUEUED, 1)
    assert isinstance(context.dispatcher, Sent)
    assert context.dispatcher.nudges == 1
    second = perform_job(context, job)
    assert (second.state, second.outcome) == (State.SERVICE_FAILED, None)
    assert revision.id in (second.failure or "")
    assert context.store.counters.read().service_failures == 1


def test_another_revisions_networks_are_not_taken_for_its_own(context: Context) -> None:
    """A hash says so, though they are networks."""
    revision = _current(context)
    job = hand_in(context, example("right_loops.py"))
    networks = context.store.assignments.archive(revision.id)
    assert networks is not None
    context.store.assignments.publish(replace(revision, id="other", course=COURSE, title="Mine"), networks)
    context.store.redis.hset(f"bm:submission:{job.id}", "revision", "other")
    record = perform_job(context, job)
    assert (record.state, record.outcome) == (State.QUEUED, None)
    with pytest.raises(AssignmentError, match="damaged"):
        context.graders.grader(replace(revision, id="other"))


def test_a_machine_that_can_no_longer_isolate_hands_back_and_waits(context: Context, jail: Launch) -> None:
    """No try is charged, and nothing more is taken until a jail can be had or the worker ends."""
    fitness = Isolation("/nowhere/bwrap")
    jails = Jails(replace(jail, wrapper=("/bin/false",)))
    broken_context = replace(
        context, jails=jails, graders=Graders(context.store.assignments, jails, None), isolation=fitness
    )
    job = hand_in(context, example("right_loops.py"))

    def end() -> None:
        until(lambda: fitness.reason, "it is noticed")
        context.stop.request()

    thread = threading.Thread(target=end)
    thread.start()
    record = perform_job(broken_context, job)
    thread.join()
    assert (record.state, record.tries) == (State.QUEUED, 0)
    assert "/nowhere/bwrap" in (fitness.reason or "")
    assert isinstance(context.dispatcher, Sent)
    assert context.dispatcher.nudges == 1
    assert context.store.counters.read().jail_failures == 1


def test_a_worker_whose_packages_are_installed_anew_marks_nobody_for_it(
    context: Context, jail: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is imported late is missing then: the job goes to another worker, and this one waits to be started again."""
    file = tmp_path / "__init__.py"
    file.touch()
    monkeypatch.setattr("backmark.worker.sandbox.policy.find_numpy", lambda: tmp_path)
    fitness, jails = Isolation(None), Jails(jail)
    monkeypatch.undo()
    stale = replace(context, jails=jails, graders=Graders(context.store.assignments, jails, None), isolation=fitness)
    assert perform_job(stale, hand_in(context, example("bias_template.py"))).outcome == Outcome.FAILED
    file.unlink()
    assert perform_job(stale, hand_in(context, example("right_loops.py"))).outcome == Outcome.PASSED
    job = hand_in(context, example("missing_factor_two.py"))

    def end() -> None:
        until(lambda: fitness.reason, "it is noticed")
        context.stop.request()

    thread = threading.Thread(target=end)
    thread.start()
    record = perform_job(stale, job)
    thread.join()
    jails.close()
    assert (record.state, record.tries, record.outcome) == (State.QUEUED, 0, None)
    assert "installed anew" in (fitness.reason or "")


def _current(context: Context) -> RevisionRecord:
    revision = context.store.assignments.current(COURSE, ASSIGNMENT)
    assert revision is not None
    return revision
