"""A right submission passes on a machine that is busy, stopped and killed: a small run of `bench.fairness`."""

import pytest

from backmark.worker.sandbox.policy import Launch
from bench.fairness import measure

#: The numbers of submissions and of busy loops; the loops take the processor from all other tests as well.
LOADS = [pytest.param((5, 2), marks=pytest.mark.nightly), pytest.param((12, 4), marks=pytest.mark.nightly)]


@pytest.mark.parametrize("load", LOADS, ids=str)
def test_right_submissions_pass_whatever_the_machine_does(
    jail: Launch, redis_program: str, load: tuple[int, int]
) -> None:
    assert jail.jailed
    assert redis_program
    submissions, loops = load
    report = measure(submissions, seed=1, loops=loops, minutes=8, longest_stop=0.5)
    assert report.is_fair, report
    assert report.stops.total() > 0, report
    assert report.kills > 0, report
