"""Workers that end in every way there is, and jobs that end before their worker does."""

import os
import signal

from backmark.grader.model.records import Queue, State
from tests.service.parts import EXAMPLES, SLEEPER, Service, are_gone, until

RIGHT = next(file for file in EXAMPLES if file.name == "right_loops.py").read_bytes()


def wait_until_running(service: Service, name: str) -> None:
    until(lambda: service.submission(name).state is State.RUNNING, "it runs")


def test_a_worker_that_is_stopped_hands_back_what_it_holds(service: Service) -> None:
    """After its grace, without charging a try; its jail is gone, and the next worker finds the message."""
    worker = service.worker(2, BACKMARK_GRACE_SECONDS="1")
    long = service.submit(SLEEPER, "long.py", "ann")
    wait_until_running(service, long)
    descendants = worker.descendants()
    short = service.submit(RIGHT, "short.py", "ben")
    assert service.wait_for_ends(short)[0].outcome == "passed"
    assert worker.stop() == 0
    record = service.submission(long)
    assert (record.state, record.tries) == (State.QUEUED, 0)
    # In the lane in which it ran: its quick slice may be over.
    assert sum(service.store.jobs.waiting(queue) for queue in (Queue.INTERACTIVE, Queue.SLOW)) == 1
    assert are_gone(descendants)
    assert service.store.workers.list() == []
    service.worker(1)
    wait_until_running(service, long)
    assert service.submission(long).tries == 1


def test_a_submission_that_is_cancelled_while_it_runs_is_ended(service: Service) -> None:
    worker = service.worker(1)
    # Its child, and the template of that with its bwrap, which stay.
    until(lambda: len(worker.descendants()) == 3, "it has made itself ready")
    idle = worker.descendants()
    name = service.submit(SLEEPER, "long.py", "ann")
    wait_until_running(service, name)
    until(lambda: worker.descendants() - idle, "its jail runs")
    jail = worker.descendants() - idle
    service.store.submissions.cancel(name)
    until(lambda: are_gone(jail), "its jail is gone")
    other_name = service.submit(RIGHT, "short.py", "ben")
    assert service.wait_for_ends(other_name)[0].outcome == "passed"
    assert service.submission(name).state is State.CANCELLED
    assert service.store.submissions.verdict(name, 1) is None


def test_a_killed_worker_leaves_nothing_behind_and_its_submission_is_taken_up_again(service: Service) -> None:
    """Its children and their jails die with it; another worker has it soon after its lease."""
    service.start("sweeper")
    worker = service.worker(1)
    name = service.submit(SLEEPER, "long.py", "ann")
    wait_until_running(service, name)
    until(lambda: len(worker.descendants()) > 2, "its jail runs")
    descendants = worker.descendants()
    worker.kill()
    until(lambda: are_gone(descendants), "all that it started is gone")
    service.worker(1)
    until(lambda: service.submission(name).tries == 2, "it is taken up again")


def test_a_submission_that_kills_every_worker_ends_without_a_verdict(service: Service) -> None:
    """After as many tries as the settings say, as our failure; the worker lives on."""
    service.start("sweeper", BACKMARK_TRIES="2")
    worker = service.worker(1)
    name = service.submit(SLEEPER, "long.py", "ann")
    for tries in (1, 2):
        until(lambda tries=tries: service.submission(name).tries == tries, f"try {tries}")  # type: ignore[misc]
        wait_until_running(service, name)
        (child,) = worker.children()
        os.kill(child, signal.SIGKILL)
    record = service.wait_for_ends(name)[0]
    assert (record.state, record.outcome) == (State.SERVICE_FAILED, None)
    assert "no sign of life" in (record.failure or "")
    other_name = service.submit(RIGHT, "short.py", "ben")
    assert service.wait_for_ends(other_name)[0].outcome == "passed"


def test_a_worker_without_a_jail_takes_nothing_and_says_why(service: Service) -> None:
    worker = service.worker(1, BACKMARK_BWRAP="/nowhere/bwrap")
    name = service.submit(RIGHT, "short.py", "ann")
    (report,) = service.store.workers.list()
    assert not report.jail
    assert "/nowhere/bwrap" in (report.reason or "")
    assert service.store.redis.llen("celery:backmark") == 1
    assert worker.stop() == 0
    assert service.submission(name).state is State.QUEUED


def test_nudges_too_many_do_no_harm(service: Service) -> None:
    service.worker(2)
    name = service.submit(RIGHT, "short.py", "ann")
    service.dispatcher.nudge(20)
    assert service.wait_for_ends(name)[0].tries == 1
    last = service.submit(RIGHT, "short.py", "ben")
    service.wait_for_ends(last)
    assert service.store.submissions.verdict(name, 2) is None
