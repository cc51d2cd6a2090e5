"""The pace of a regrade's step, by which what is left of it is estimated: also right after workers started."""

import pytest

from backmark.grader.model.records import Kind
from backmark.grader.store import keys
from backmark.grader.store.regrades.counting import count
from backmark.grader.store.regrades.reading import RegradeSizes, read
from backmark.grader.store.store import Store
from tests.store.regrading import grade_submission, result, select_units, unit_graded, waiting_units


def _step(**fields: str) -> dict[str, str]:
    return {
        "phase": "previewing",
        "state": "done",
        "created": "0",
        "changed": "0",
        "selection": '{"course": "c", "assignment": "a", "revision": "r"}',
        "students": "[]",
        **fields,
    }


@pytest.mark.parametrize(
    ("done", "fields", "expected"),
    [
        (0, {}, None),
        (1, {"step_started": "2400", "step_base": "1"}, None),
        # One in 60 ms since the first, 810 to go.
        (2, {"step_started": "2400", "step_base": "1"}, 48.6),
    ],
)
def test_what_is_left_of_a_step_is_estimated_by_the_time_since_its_first_end(
    done: int, fields: dict[str, str], expected: float | None
) -> None:
    sizes = RegradeSizes(submissions=10_000, sources=812, pending=0, open=812 - done, failed=0)
    regrade = read("name", _step(**fields), sizes, count([], sizes.sources, 0), 2.46)
    assert regrade.eta_seconds == (None if expected is None else pytest.approx(expected))


def test_the_time_of_a_step_runs_from_its_first_end(store: Store) -> None:
    for number in range(3):
        grade_submission(store, f"student-{number}", str(number))
    name = select_units(store)
    start_times = []
    for unit in waiting_units(store):
        start_times.append(store.redis.hmget(keys.key(Kind.REGRADE, name), "step_started", "step_base"))
        claim = store.jobs.claim(unit)
        assert claim is not None
        assert unit_graded(store, claim, result(8))
    assert start_times[0][0] is None
    assert start_times[1] == start_times[2]
    assert start_times[1][1] == b"1"
