"""Lanes with real workers: a file that needs long ends its slice, begins again, and keeps nobody waiting."""

import time

from backmark.grader.model.records import Queue, State
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from backmark.worker.service import tasks
from tests.service.conftest import Making, Sent
from tests.service.parts import ASSIGNMENT, COURSE, Service, until
from tests.service.test_regrades import RIGHT

#: Each call is in time; all together use up every second of the assignment.
SLOW = (
    RIGHT.read_bytes()
    .replace(b"import numpy as np", b"import numpy as np, time", 1)
    .replace(b"):\n", b"):\n    time.sleep(1.5)\n", 1)
)


def new(store: Store, source: bytes, student: str, browser: str | None = None) -> NewSubmission:
    """A file for the assignment that ships."""
    revision = store.assignments.current(COURSE, ASSIGNMENT)
    assert revision is not None
    return NewSubmission(COURSE, ASSIGNMENT, revision.id, student, "answer.py", source, browser=browser)


def test_what_needs_more_than_its_slice_is_graded_in_the_slow_lane_on_its_first_try(making: Making) -> None:
    context = making()
    name = context.store.submissions.accept(new(context.store, SLOW, "ada")).id
    tasks.perform(context)
    assert isinstance(context.dispatcher, Sent)
    assert context.dispatcher.nudges == 1
    assert context.store.jobs.waiting(Queue.SLOW) == 1
    tasks.perform(context)
    record = context.store.submissions.get(name)
    assert record is not None
    assert (record.state, record.outcome, record.tries, record.attempt) == (State.DONE, "timeout", 1, 1)
    verdict = context.store.submissions.verdict(name)
    assert verdict is not None
    assert verdict.error is not None
    assert "20 s in all" in verdict.error.message
    (used,) = context.store.redis.scan_iter("bm:used:*")
    assert float(context.store.redis.hget(used, "seconds") or 0) > 20, "the slice counts as well"


def test_six_slow_files_under_six_names_of_one_browser_keep_an_honest_student_for_no_ten_seconds(
    service: Service,
) -> None:
    slow = [
        service.store.submissions.accept(new(service.store, SLOW + b"# %d" % number, f"n{number}!{'0' * 12}", "one")).id
        for number in range(6)
    ]
    service.dispatcher.nudge(len(slow))
    service.start("sweeper")
    service.worker(2)
    until(lambda: service.store.jobs.running() == 2, "two of them run")
    waits = []
    for number in range(4):
        start = time.monotonic()
        names = [
            service.store.submissions.accept(new(service.store, RIGHT.read_bytes() + b"# %d" % number, *sender)).id
            for sender in (("ada",), (f"bob!{'1' * 12}", "two"))
        ]
        service.dispatcher.nudge(len(names))
        records = service.wait_for_ends(*names)
        assert {record.outcome for record in records} == {"passed"}
        waits.append(time.monotonic() - start)
    assert max(waits) < 10, waits
    assert sum(service.submission(name).state is State.DONE for name in slow) < 6
