"""A right submission passes on a machine that is busy, stopped and killed: a small run of `bench.fairness`."""

import pytest

from backmark.worker.sandbox.policy import Launch
from bench.fairness import measure


@pytest.mark.nightly(0)
def test_right_submissions_pass_whatever_the_machine_does(jail: Launch, redis_program: str) -> None:
    """Its busy loops take the processor from all other tests as well."""
    assert jail.jailed
    assert redis_program
    report = measure(12, seed=1, loops=4, minutes=8, longest_stop=0.5)
    assert report.is_fair, report
    assert report.stops.total() > 0, report
    assert report.kills > 0, report
