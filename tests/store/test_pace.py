"""The pace of a queue and of a regrade's step, from which waits are estimated: also right after workers started."""

from collections.abc import Iterator

import pytest

from backmark.grader.model.records import Kind, Queue
from backmark.grader.store import keys
from backmark.grader.store.regrades.reading import read
from backmark.grader.store.scripts import COMMON, read_files
from backmark.grader.store.store import Store
from tests.store.making import accept, new
from tests.store.regrading import grade_submission, result, select_units, unit_graded, waiting_units

#: Milliseconds that a worker's first job takes, and every other.
COLD, WARM = 2400, 60


def run(processes: int, jobs: int, start: int) -> Iterator[tuple[int, int]]:
    """The times of jobs on processes that all just started, in the order of their ends, by a clock of our own."""
    free = [(start, True)] * processes
    for _ in range(jobs):
        start_time, cold = min(free)
        free.remove((start_time, cold))
        end = start_time + (COLD if cold else WARM)
        free.append((end, False))
        yield start_time, end


def conclude(store: Store, start: int, end: int) -> None:
    """The end of a submission at a time, as the scripts record it for the pace."""
    script = f"keep_pace('{Kind.SUBMISSION}', tonumber(ARGV[1]), tonumber(ARGV[2]))"
    store.redis.eval(read_files(*COMMON) + script, 0, str(start), str(end))


@pytest.mark.parametrize("processes", [1, 2, 4])
@pytest.mark.parametrize("before", ["nothing", "a submission by itself", "a queue, and then a restart"])
def test_the_wait_of_a_queue_is_not_estimated_by_what_a_start_takes(store: Store, processes: int, before: str) -> None:
    if before == "a submission by itself":
        conclude(store, 0, COLD)
    accept(store, new())
    if before == "a queue, and then a restart":
        for times in run(processes, 50, 0):
            conclude(store, *times)
    ends = sorted(run(processes, 40, 3_600_000), key=lambda times: times[1])
    for start_time, end_time in ends[: processes + 3]:
        conclude(store, start_time, end_time)
    pace = store.jobs.pace(Queue.INTERACTIVE)
    assert pace is not None
    assert 0.5 <= pace / (WARM / processes / 1000) <= 2


def test_a_queue_without_an_interval_has_no_estimate(store: Store) -> None:
    conclude(store, 0, COLD)
    accept(store, new())
    conclude(store, 5_000, 5_000 + COLD)
    assert store.jobs.pace(Queue.INTERACTIVE) is None


def test_a_pace_that_changes_is_followed(store: Store) -> None:
    accept(store, new())
    for at in range(40):
        conclude(store, 100 * at, 100 * (at + 1))
    for at in range(40):
        conclude(store, 4_000 + 1_000 * at, 4_000 + 1_000 * (at + 1))
    assert store.jobs.pace(Queue.INTERACTIVE) == pytest.approx(1.0, rel=0.1)


def _step(**fields: str) -> dict[str, str]:
    return {
        "phase": "previewing",
        "state": "done",
        "created": "0",
        "changed": "0",
        "sources": "812",
        "selection": '{"course": "c", "assignment": "a", "revision": "r"}',
        "students": "[]",
        **fields,
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"units_done": "1", "step_started": "2400", "step_base": "1"}, None),
        # One in 60 ms since the first, 810 to go.
        ({"units_done": "2", "step_started": "2400", "step_base": "1"}, 48.6),
        # As versions before 0.3 recorded it: from the beginning of the step.
        ({"units_done": "2", "step_started": "0", "step_base": "0"}, 996.3),
    ],
)
def test_what_is_left_of_a_step_is_estimated_by_the_time_since_its_first_end(
    fields: dict[str, str], expected: float | None
) -> None:
    assert read("name", _step(**fields), 2.46).eta_seconds == (None if expected is None else pytest.approx(expected))


def test_the_time_of_a_step_runs_from_its_first_end(store: Store) -> None:
    for number in range(3):
        grade_submission(store, f"student-{number}", str(number))
    name = select_units(store)
    start_times = []
    for unit in waiting_units(store):
        start_times.append(store.redis.hmget(keys.key(Kind.REGRADE, name), "step_started", "step_base"))
        claim = store.jobs.claim(unit)
        assert claim is not None
        assert unit_graded(store, claim, result(8)) is not None
    assert start_times[0][0] is None
    assert start_times[1] == start_times[2]
    assert start_times[1][1] == b"1"
