"""A class before a deadline, beside visitors who do their worst: the short form of `python -m bench.deadline`."""

import pytest

from bench.deadline import DeadlineSize, measure, render

pytestmark = pytest.mark.usefixtures("jail", "redis_program")


@pytest.mark.nightly
def test_nobody_of_a_class_is_refused_or_loses_anything_beside_hostile_visitors() -> None:
    report = measure(DeadlineSize(students=8, hostile=2, seconds=4.0))
    assert report.violations(timed=False) == [], render(report)
    assert report.beside.hostile[303] > 0, render(report)
