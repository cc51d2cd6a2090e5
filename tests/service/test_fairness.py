"""A right submission passes on a machine that is busy, stopped and killed: a small run of `bench.fairness`."""

from bench.fairness import measure
from worker.sandbox.policy import Launch


def test_right_submissions_pass_whatever_the_machine_does(jail: Launch, redis_program: str) -> None:
    assert jail.jailed
    assert redis_program
    found = measure(12, seed=1, loops=4, minutes=8, stopped=0.5)
    assert found.fair, found
