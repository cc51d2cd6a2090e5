"""One student never costs another: the short form of `python -m bench.neighbours`, without its times."""

import pytest

from bench.neighbours import measure, render

pytestmark = pytest.mark.usefixtures("jail", "redis_program")


@pytest.mark.nightly
def test_a_student_is_refused_nothing_and_loses_nothing_beside_two_who_flood_and_fill() -> None:
    """On personal links, and while they are on a class link; they themselves are refused."""
    report = measure(4, sleepers=False, BACKMARK_REFUSED_RATE="5/minute")
    assert report.violations(timed=False) == [], render(report)
    assert report.hostile[429] > 0, render(report)
    assert report.personal.statuses[303] > 0
    assert report.shared.statuses[303] > 0
