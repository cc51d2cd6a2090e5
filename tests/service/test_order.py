"""The order of jobs: students with nothing running first, then jobs that a worker had before, then regrades."""

from backmark.grader.model.records import Queue, State
from tests.service.parts import SLEEPER, Service, until
from tests.service.test_regrades import RIGHT, conclude_with, now, request_regrade


def test_a_regrade_waits_for_whoever_waits_for_an_answer(service: Service) -> None:
    """However much of it there is."""
    source = RIGHT.read_bytes()
    for number in range(60):
        conclude_with(service, source + b"# %d" % number, RIGHT.name, f"student-{number}", 4)
    service.worker()
    regrade = request_regrade(service)
    until(lambda: now(service, regrade).progress.done > 0, "the regrade has begun")
    names = [service.submit(source + b"# new %d" % number, RIGHT.name, f"eager-{number}") for number in range(6)]
    assert {record.outcome for record in service.wait_for_ends(*names)} == {"passed"}
    assert service.store.jobs.waiting(Queue.REGRADE) > 30


def test_what_comes_back_from_a_worker_goes_ahead_of_what_was_handed_in_since(service: Service) -> None:
    """It had its turn, and keeps its place."""
    worker = service.worker(1, BACKMARK_GRACE_SECONDS="0")
    long_name = service.submit(SLEEPER, "long.py", "ann")
    until(lambda: service.submission(long_name).state is State.RUNNING, "it runs")
    other_names = [service.submit(SLEEPER + b"# %d" % number, "long.py", f"student-{number}") for number in range(5)]
    assert worker.stop() == 0
    service.worker(1)
    until(lambda: service.submission(long_name).state is State.RUNNING, "it runs again")
    assert {service.submission(name).state for name in other_names} == {State.QUEUED}


def test_a_sleeper_with_many_hand_ins_holds_one_of_two_workers_while_another_student_waits(service: Service) -> None:
    """Nothing of the other student's has to wait for it."""
    sleeper_names = [service.submit(SLEEPER, "long.py", "sleeper", f"a{number}") for number in range(4)]
    right = RIGHT.read_bytes()
    quick = [service.submit(right + b"# %d" % number, RIGHT.name, "ada", f"a{number}") for number in range(3)]
    service.worker(2)
    records = service.wait_for_ends(*quick)
    assert {record.outcome for record in records} == {"passed"}
    assert service.submission(sleeper_names[0]).state is State.RUNNING
    # And no worker is idle while anything waits.
    until(lambda: service.store.jobs.running() == 2, "both work")
    states = [service.submission(name).state for name in sleeper_names]
    assert states == 2 * [State.RUNNING] + 2 * [State.QUEUED]
